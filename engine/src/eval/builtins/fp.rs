//! Floating point functions: `_f` for `float`, `_d` for `double`.

use std::rc::Rc;

use num_bigint::BigInt;
use num_traits::FromPrimitive;

use super::{Builtin, Call};
use crate::eval::val::Val;

pub(super) fn find(name: &str) -> Option<Builtin> {
    let (function, is_single) = match name.strip_suffix("_f") {
        Some(function) => (function, true),
        None => (name.strip_suffix("_d")?, false),
    };
    // Both precisions of a function of one, two or three numbers.
    macro_rules! floats {
        ($($name:literal => $function:ident($($arg:tt),+);)+) => {
            match function {
                $($name => {
                    let single: Builtin = |call| Ok(Val::Float(f64::from(f32::$function($(number(call, $arg) as f32),+))));
                    let double: Builtin = |call| Ok(Val::Float(f64::$function($(number(call, $arg)),+)));
                    return Some(if is_single { single } else { double });
                })+
                _ => {}
            }
        };
    }
    floats! {
        "floor" => floor(0);
        "ceil" => ceil(0);
        "round" => round(0);
        "trunc" => trunc(0);
        "fract" => fract(0);
        "abs" => abs(0);
        "signum" => signum(0);
        "sqrt" => sqrt(0);
        "exp" => exp(0);
        "exp2" => exp2(0);
        "ln" => ln(0);
        "log2" => log2(0);
        "log10" => log10(0);
        "cbrt" => cbrt(0);
        "sin" => sin(0);
        "cos" => cos(0);
        "tan" => tan(0);
        "asin" => asin(0);
        "acos" => acos(0);
        "atan" => atan(0);
        "sinh" => sinh(0);
        "cosh" => cosh(0);
        "tanh" => tanh(0);
        "asinh" => asinh(0);
        "acosh" => acosh(0);
        "atanh" => atanh(0);
        "recip" => recip(0);
        "to_degrees" => to_degrees(0);
        "to_radians" => to_radians(0);
        "atan2" => atan2(0, 1);
        "mul_add" => mul_add(0, 1, 2);
        "powf" => powf(0, 1);
        "log" => log(0, 1);
    }
    let other: (Builtin, Builtin) = match function {
        "is_nan" => {
            (|call| Ok(Val::bool(number(call, 0).is_nan())), |call| Ok(Val::bool(number(call, 0).is_nan())))
        }
        "is_infinite" => (
            |call| Ok(Val::bool(number(call, 0).is_infinite())),
            |call| Ok(Val::bool(number(call, 0).is_infinite())),
        ),
        // As the original library has it, zero and subnormal numbers do not count.
        "is_finite" => (
            |call| Ok(Val::bool((number(call, 0) as f32).is_normal())),
            |call| Ok(Val::bool(number(call, 0).is_normal())),
        ),
        "powi" => (
            |call| Ok(Val::Float(f64::from((number(call, 0) as f32).powi(call.int(1) as i32)))),
            |call| Ok(Val::Float(number(call, 0).powi(call.int(1) as i32))),
        ),
        "nan" => (|_| Ok(Val::Float(f64::NAN)), |_| Ok(Val::Float(f64::NAN))),
        "int_from" => (|call| Ok(integer(number(call, 0))), |call| Ok(integer(number(call, 0)))),
        "parse" => (
            |call| Ok(parsed(call.text(0).parse::<f32>().map(f64::from))),
            |call| Ok(parsed(call.text(0).parse::<f64>())),
        ),
        _ => return None,
    };
    Some(if is_single { other.0 } else { other.1 })
}

fn number(call: &Call<'_, '_>, i: usize) -> f64 {
    match call.args.get(i) {
        Some(Val::Float(value)) => *value,
        _ => 0.0,
    }
}

fn integer(value: f64) -> Val {
    Val::option(BigInt::from_f64(value).map(|value| Val::Big(Rc::new(value))))
}

fn parsed(value: Result<f64, std::num::ParseFloatError>) -> Val {
    Val::result(value.map(Val::Float).map_err(|error| Val::str(error.to_string())))
}
