//! Types of columns, each with the few values that programs use.

use super::rng::Random;
use super::val::Val;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Ty {
    Bool,
    /// `s64`
    Int,
    /// `u8`
    Byte,
    /// `u64`
    Long,
    /// `bit<128>`
    Wide,
    /// `bigint`
    Big,
    Str,
    Pair(Box<Ty>, Box<Ty>),
    Option(Box<Ty>),
    /// A union with variants of no field, of two, and of a nested one.
    Shape,
    Vec(Box<Ty>),
    Set(Box<Ty>),
    Map(Box<Ty>, Box<Ty>),
}

/// The declaration of [`Ty::Shape`].
pub(crate) const SHAPE: &str = "typedef Shape = Dot | Box{w: s64, h: string} | Deep{o: Option<u64>}\n";

/// Name in programs, full name, types of the fields.
pub(crate) type Variant = (&'static str, &'static str, Vec<Ty>);

impl Ty {
    /// The type of a column.
    pub(crate) fn random(random: &mut Random) -> Ty {
        match random.below(16) {
            0..=3 => Ty::Int,
            4 => Ty::Bool,
            5 => Ty::Byte,
            6 => Ty::Long,
            7 => Ty::Wide,
            8 => Ty::Big,
            9 | 10 => Ty::Str,
            11 => Ty::Pair(Ty::scalar(random).into(), Ty::scalar(random).into()),
            12 => Ty::Option(Ty::scalar(random).into()),
            13 => Ty::Shape,
            14 => Ty::Vec(Ty::scalar(random).into()),
            _ => Ty::Set(Ty::scalar(random).into()),
        }
    }

    fn scalar(random: &mut Random) -> Ty {
        [Ty::Int, Ty::Str, Ty::Long, Ty::Byte, Ty::Wide, Ty::Bool][random.below(6)].clone()
    }

    /// In the rule language.
    pub(crate) fn text(&self) -> String {
        match self {
            Ty::Bool => "bool".into(),
            Ty::Int => "s64".into(),
            Ty::Byte => "u8".into(),
            Ty::Long => "u64".into(),
            Ty::Wide => "bit<128>".into(),
            Ty::Big => "bigint".into(),
            Ty::Str => "string".into(),
            Ty::Pair(a, b) => format!("({}, {})", a.text(), b.text()),
            Ty::Option(inner) => format!("Option<{}>", inner.text()),
            Ty::Shape => "Shape".into(),
            Ty::Vec(inner) => format!("Vec<{}>", inner.text()),
            Ty::Set(inner) => format!("Set<{}>", inner.text()),
            Ty::Map(key, value) => format!("Map<{}, {}>", key.text(), value.text()),
        }
    }

    /// As a part of names.
    pub(crate) fn name(&self) -> String {
        match self {
            Ty::Wide => "bit128".into(),
            Ty::Pair(a, b) => format!("pair_{}_{}", a.name(), b.name()),
            Ty::Option(inner) => format!("option_{}", inner.name()),
            Ty::Shape => "shape".into(),
            Ty::Vec(inner) => format!("vec_{}", inner.name()),
            Ty::Set(inner) => format!("set_{}", inner.name()),
            Ty::Map(key, value) => format!("map_{}_{}", key.name(), value.name()),
            scalar => scalar.text(),
        }
    }

    pub(crate) fn is_integer(&self) -> bool {
        matches!(self, Ty::Int | Ty::Byte | Ty::Long | Ty::Wide | Ty::Big)
    }

    pub(crate) fn is_scalar(&self) -> bool {
        self.is_integer() || matches!(self, Ty::Bool | Ty::Str)
    }

    /// The variants of a union.
    pub(crate) fn variants(&self) -> Vec<Variant> {
        match self {
            Ty::Option(inner) => {
                vec![
                    ("None", "ddlog_std::None", vec![]),
                    ("Some", "ddlog_std::Some", vec![(**inner).clone()]),
                ]
            }
            Ty::Shape => vec![
                ("Dot", "Dot", vec![]),
                ("Box", "Box", vec![Ty::Int, Ty::Str]),
                ("Deep", "Deep", vec![Ty::Option(Ty::Long.into())]),
            ],
            _ => vec![],
        }
    }

    /// The values that programs use: few, so that rows meet.
    pub(crate) fn domain(&self) -> Vec<Val> {
        let ints = |values: &[i128]| values.iter().map(|value| Val::Int(*value)).collect();
        match self {
            Ty::Bool => vec![Val::Bool(false), Val::Bool(true)],
            Ty::Int => ints(&[0, 1, 2, -3]),
            Ty::Byte => ints(&[0, 1, 200, 255]),
            Ty::Long => ints(&[0, 7, 1 << 40, u64::MAX.into()]),
            Ty::Wide => ints(&[0, 3, 1 << 70, 1 << 100]),
            Ty::Big => ints(&[0, 2, -(1 << 90), 1 << 90]),
            Ty::Str => {
                ["", "a", "b", "a longer text that no word holds"].map(|s| Val::Str(s.into())).to_vec()
            }
            Ty::Pair(a, b) => {
                let (a, b) = (a.domain(), b.domain());
                [(0, 0), (0, 1), (1, 0), (1, 1)]
                    .map(|(i, j)| Val::Tuple(vec![a[i].clone(), b[j].clone()]))
                    .to_vec()
            }
            Ty::Option(inner) => {
                let some = inner.domain().into_iter().take(3).map(|value| Val::Variant(1, vec![value]));
                std::iter::once(Val::Variant(0, vec![])).chain(some).collect()
            }
            Ty::Shape => vec![
                Val::Variant(0, vec![]),
                Val::Variant(1, vec![Val::Int(1), Val::Str("a".into())]),
                Val::Variant(1, vec![Val::Int(2), Val::Str("a".into())]),
                Val::Variant(2, vec![Val::Variant(1, vec![Val::Int(1 << 40)])]),
            ],
            Ty::Vec(inner) => {
                let of = inner.domain();
                let (a, b) = (of[0].clone(), of[1].clone());
                vec![
                    Val::Vec(vec![]),
                    Val::Vec(vec![a.clone()]),
                    Val::Vec(vec![b.clone(), a.clone()]),
                    Val::Vec(vec![a.clone(), a, b]),
                ]
            }
            Ty::Set(inner) => {
                let of = inner.domain();
                let (a, b) = (of[0].clone(), of[1].clone());
                vec![Val::set([]), Val::set([a.clone()]), Val::set([b.clone()]), Val::set([a, b])]
            }
            Ty::Map(key, value) => {
                let (key, value) = (key.domain(), value.domain());
                vec![
                    Val::Map(Default::default()),
                    Val::Map([(key[0].clone(), value[0].clone())].into()),
                    Val::Map([(key[0].clone(), value[1].clone()), (key[1].clone(), value[0].clone())].into()),
                ]
            }
        }
    }

    /// The types it is made of, itself last.
    pub(crate) fn parts(&self) -> Vec<Ty> {
        let mut parts = match self {
            Ty::Pair(a, b) | Ty::Map(a, b) => [a.parts(), b.parts()].concat(),
            Ty::Option(inner) | Ty::Vec(inner) | Ty::Set(inner) => inner.parts(),
            _ => vec![],
        };
        parts.push(self.clone());
        parts
    }

    /// A number as the type holds it: too large ones wrap around.
    pub(crate) fn wrapped(&self, number: i128) -> Val {
        Val::Int(match self {
            Ty::Int => i128::from(number as i64),
            Ty::Byte => i128::from(number as u8),
            Ty::Long => i128::from(number as u64),
            // Sums of the few values stay far below what it holds.
            _ => number,
        })
    }
}
