//! Operators on random integers of every width, against big integers.
#![allow(clippy::unwrap_used)]

use std::rc::Rc;
use std::sync::Arc;

use num_bigint::{BigInt, Sign};
use proptest::prelude::*;
use weir_engine::eval::{Machine, RowMeta};
use weir_engine::ir::{BinaryOp, Expr, ExprKind, Local, LocalId, Program, Type, TypeId, UnaryOp};
use weir_engine::plan::transform::{Input, Transform};
use weir_engine::source::{FileId, Span};
use weir_engine::value::{Interner, Value, decode, encode};

const WIDTHS: [u32; 15] = [1, 3, 8, 10, 16, 31, 32, 33, 63, 64, 65, 100, 127, 128, 200];
const SIGNED_WIDTHS: [u32; 5] = [8, 16, 32, 64, 128];

/// An integer type: bits, and whether signed; no bits is `bigint`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Int(Option<u32>, bool);

impl Int {
    fn ty(self) -> Type {
        match self {
            Int(None, _) => Type::BigInt,
            Int(Some(bits), false) => Type::Bit(bits),
            Int(Some(bits), true) => Type::Signed(bits),
        }
    }

    fn wrap(self, value: BigInt) -> BigInt {
        let Int(Some(bits), signed) = self else { return value };
        let modulus = BigInt::from(1) << bits;
        let rest = ((value % &modulus) + &modulus) % &modulus;
        if signed && rest.bit(u64::from(bits) - 1) { rest - modulus } else { rest }
    }
}

fn ints() -> impl Strategy<Value = Int> {
    prop_oneof![
        prop::sample::select(&WIDTHS[..]).prop_map(|bits| Int(Some(bits), false)),
        prop::sample::select(&SIGNED_WIDTHS[..]).prop_map(|bits| Int(Some(bits), true)),
        Just(Int(None, true)),
    ]
}

/// A type and two values of it, often small or near the limits.
fn typed_pairs() -> impl Strategy<Value = (Int, BigInt, BigInt)> {
    let value = || {
        (any::<[u32; 7]>(), 0u32..220, -3i64..4, 0u8..3, any::<bool>()).prop_map(
            |(digits, power, offset, kind, negative)| {
                let value = match kind {
                    0 => BigInt::from_slice(Sign::Plus, &digits),
                    1 => (BigInt::from(1) << power) + offset,
                    _ => BigInt::from(offset),
                };
                if negative { -value } else { value }
            },
        )
    };
    (ints(), value(), value()).prop_map(|(int, a, b)| (int, int.wrap(a), int.wrap(b)))
}

const SPAN: Span = Span { file: FileId(0), start: 0, end: 0 };

fn expr(kind: ExprKind, ty: TypeId) -> Expr {
    Expr { kind, ty, span: SPAN }
}

/// Evaluates an expression over variables of the given types and values; the message, if it traps.
fn evaluate(program: Program, operands: &[(TypeId, BigInt)], output: Expr) -> Result<Value, String> {
    let program = Arc::new(program);
    let interner = Arc::new(Interner::new());
    let machine: Rc<Machine> = Machine::new(program.clone(), interner.clone()).unwrap();
    let ty = output.ty;
    let locals = operands.iter().map(|(ty, _)| Local { name: "x".into(), ty: *ty }).collect();
    let columns = (0..operands.len() as u32).map(|i| Some(LocalId(i))).collect();
    let transform = Transform {
        locals,
        inputs: vec![Input::Locals(columns)],
        steps: vec![],
        outputs: vec![vec![output]],
    };
    let encode = |(ty, value): &(TypeId, BigInt)| {
        encode(&interner, &program.types, *ty, &Value::integer(value.clone())).unwrap()
    };
    let row: Vec<u32> = operands.iter().map(encode).collect();
    let mut result = None;
    machine
        .transform(&transform)
        .run(&[&row], RowMeta { weight: 1, epoch: 0 }, &mut |rows| {
            result = Some(decode(&interner, &program.types, ty, rows[0][0]));
        })
        .map_err(|trap| trap.message)?;
    Ok(result.unwrap())
}

fn binary(op: BinaryOp, int: Int, a: &BigInt, b: &BigInt) -> Result<Value, String> {
    let mut program = Program::default();
    let ty = program.types.intern(int.ty());
    let bool = program.types.intern(Type::Bool);
    let local = |i| Box::new(expr(ExprKind::Local(LocalId(i)), ty));
    let is_comparison =
        matches!(op, BinaryOp::Eq | BinaryOp::Ne | BinaryOp::Lt | BinaryOp::Le | BinaryOp::Gt | BinaryOp::Ge);
    let output = expr(ExprKind::Binary(op, local(0), local(1)), if is_comparison { bool } else { ty });
    let variables = evaluate(program.clone(), &[(ty, a.clone()), (ty, b.clone())], output);
    // Constants take other paths than variables, to the same end.
    let constant = Box::new(expr(ExprKind::Int(b.clone()), ty));
    let output = expr(ExprKind::Binary(op, local(0), constant), if is_comparison { bool } else { ty });
    let with_constant = evaluate(program, &[(ty, a.clone())], output);
    assert_eq!(variables, with_constant);
    variables
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn arithmetic_is_that_of_integers_wrapped((int, a, b) in typed_pairs()) {
        let wrapped = |value: BigInt| Ok(Value::integer(int.wrap(value)));
        prop_assert_eq!(binary(BinaryOp::Add, int, &a, &b), wrapped(&a + &b));
        prop_assert_eq!(binary(BinaryOp::Sub, int, &a, &b), wrapped(&a - &b));
        prop_assert_eq!(binary(BinaryOp::Mul, int, &a, &b), wrapped(&a * &b));
        prop_assert_eq!(binary(BinaryOp::BitAnd, int, &a, &b), wrapped(&a & &b));
        prop_assert_eq!(binary(BinaryOp::BitOr, int, &a, &b), wrapped(&a | &b));
        prop_assert_eq!(binary(BinaryOp::BitXor, int, &a, &b), wrapped(&a ^ &b));
        if b == BigInt::default() {
            prop_assert_eq!(binary(BinaryOp::Div, int, &a, &b), Err("division by zero".to_owned()));
            prop_assert_eq!(binary(BinaryOp::Mod, int, &a, &b), Err("division by zero".to_owned()));
        } else {
            prop_assert_eq!(binary(BinaryOp::Div, int, &a, &b), wrapped(&a / &b));
            prop_assert_eq!(binary(BinaryOp::Mod, int, &a, &b), wrapped(&a % &b));
        }
    }

    #[test]
    fn comparison_is_that_of_integers((int, a, b) in typed_pairs(), same in any::<bool>()) {
        let b = if same { a.clone() } else { b };
        let bool = |value: bool| Ok(Value::Bool(value));
        prop_assert_eq!(binary(BinaryOp::Eq, int, &a, &b), bool(a == b));
        prop_assert_eq!(binary(BinaryOp::Ne, int, &a, &b), bool(a != b));
        prop_assert_eq!(binary(BinaryOp::Lt, int, &a, &b), bool(a < b));
        prop_assert_eq!(binary(BinaryOp::Le, int, &a, &b), bool(a <= b));
        prop_assert_eq!(binary(BinaryOp::Gt, int, &a, &b), bool(a > b));
        prop_assert_eq!(binary(BinaryOp::Ge, int, &a, &b), bool(a >= b));
    }

    #[test]
    fn unary_operators_and_casts_wrap((int, a, _b) in typed_pairs(), to in ints()) {
        let mut program = Program::default();
        let ty = program.types.intern(int.ty());
        let to_ty = program.types.intern(to.ty());
        let local = || Box::new(expr(ExprKind::Local(LocalId(0)), ty));
        let operand = [(ty, a.clone())];
        let negated = evaluate(program.clone(), &operand, expr(ExprKind::Unary(UnaryOp::Neg, local()), ty));
        prop_assert_eq!(negated, Ok(Value::integer(int.wrap(-&a))));
        let inverted = evaluate(program.clone(), &operand, expr(ExprKind::Unary(UnaryOp::BitNot, local()), ty));
        prop_assert_eq!(inverted, Ok(Value::integer(int.wrap(-&a - 1))));
        let cast = evaluate(program, &operand, expr(ExprKind::Cast(local()), to_ty));
        prop_assert_eq!(cast, Ok(Value::integer(to.wrap(a))));
    }

    #[test]
    fn shifts_are_modulo_the_machine_width((int, a, _b) in typed_pairs(), amount in 0u32..300) {
        let mut program = Program::default();
        let ty = program.types.intern(int.ty());
        let amount_ty = program.types.intern(Type::Bit(32));
        let shift = |op| {
            let (a, b) = (expr(ExprKind::Local(LocalId(0)), ty), expr(ExprKind::Local(LocalId(1)), amount_ty));
            expr(ExprKind::Binary(op, Box::new(a), Box::new(b)), ty)
        };
        let effective = match int {
            Int(Some(bits), _) if bits <= 128 => amount % bits.next_power_of_two().max(8),
            _ => amount,
        };
        let operands = [(ty, a.clone()), (amount_ty, amount.into())];
        let left = evaluate(program.clone(), &operands, shift(BinaryOp::Shl));
        prop_assert_eq!(left, Ok(Value::integer(int.wrap(&a << effective))));
        let right = evaluate(program, &operands, shift(BinaryOp::Shr));
        prop_assert_eq!(right, Ok(Value::integer(int.wrap(&a >> effective))));
    }

    #[test]
    fn bits_are_cut_and_joined(
        (a_width, b_width) in (prop::sample::select(&WIDTHS[..]), prop::sample::select(&WIDTHS[..])),
        digits in any::<[u32; 7]>(),
        (high, low) in (0u32..200, 0u32..200),
    ) {
        let value = BigInt::from_slice(Sign::Plus, &digits);
        let (a_int, b_int) = (Int(Some(a_width), false), Int(Some(b_width), false));
        let (a, b) = (a_int.wrap(value.clone()), b_int.wrap(value >> 5));
        let mut program = Program::default();
        let (a_ty, b_ty) = (program.types.intern(a_int.ty()), program.types.intern(b_int.ty()));
        let joined_ty = program.types.intern(Type::Bit(a_width + b_width));
        let local = |i, ty| Box::new(expr(ExprKind::Local(LocalId(i)), ty));
        let join = expr(ExprKind::Binary(BinaryOp::Concat, local(0, a_ty), local(1, b_ty)), joined_ty);
        let joined = evaluate(program.clone(), &[(a_ty, a.clone()), (b_ty, b.clone())], join);
        prop_assert_eq!(joined, Ok(Value::integer((&a << b_width) | &b)));

        let (high, low) = (high.max(low) % a_width, high.min(low) % a_width);
        let (high, low) = (high.max(low), high.min(low));
        let cut_int = Int(Some(high - low + 1), false);
        let cut_ty = program.types.intern(cut_int.ty());
        let cut = expr(ExprKind::Slice(local(0, a_ty), high, low), cut_ty);
        prop_assert_eq!(evaluate(program, &[(a_ty, a.clone())], cut), Ok(Value::integer(cut_int.wrap(a >> low))));
    }
}
