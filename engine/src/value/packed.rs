//! Words on their way from one process to another: what they stand for goes with them, each value once.
//!
//! A word becomes a code: its own number, or the place of a value among those that were written before. Values are written
//! parts first, so that they can be read without knowing their types.

use num_bigint::BigInt;
use rustc_hash::FxHashMap;

use super::parts::{Held, Part, held, parts};
use super::shape::Shape;
use super::wire::{Reader, Writer};
use super::{Interner, Word};
use crate::ir::{TypeId, TypeTable};

/// Turns words into codes, and notes the values that are needed to read them.
pub(crate) struct Packer<'a> {
    interner: &'a Interner,
    types: &'a TypeTable,
    /// By kind (a run's type, or one of those below) and word.
    places: FxHashMap<(u32, Word), u64>,
    values: Writer,
}

/// Values that came from another process, as words of this one.
#[derive(Debug, Default)]
pub(crate) struct Unpacked(Vec<Word>);

const TEXT: u8 = 0;
const LONG: u8 = 1;
const WIDE: u8 = 2;
const BIG: u8 = 3;
const RUN: u8 = 4;

impl<'a> Packer<'a> {
    pub(crate) fn new(interner: &'a Interner, types: &'a TypeTable) -> Self {
        Packer { interner, types, places: FxHashMap::default(), values: Writer::default() }
    }

    /// The code of a word that stands for itself in every process.
    #[inline]
    pub(crate) fn plain(word: Word) -> u64 {
        u64::from(word) << 1
    }

    /// The code of a word of a type.
    pub(crate) fn word(&mut self, ty: TypeId, word: Word) -> u64 {
        match held(self.types, ty, word) {
            Held::Plain => Self::plain(word),
            Held::Text => self.text(word),
            Held::Long => self.long(word),
            Held::Wide => self.value(WIDE.into(), word, |interner, to| {
                to.raw(&[WIDE]);
                to.raw(&interner.u128(word).to_le_bytes());
            }),
            Held::Big => self.value(BIG.into(), word, |interner, to| {
                to.raw(&[BIG]);
                to.bytes(&interner.big(word).to_signed_bytes_le());
            }),
            Held::Run(shape) => self.run(ty, &shape, word),
        }
    }

    /// Writes the values that codes stand for: to be read before the codes.
    pub(crate) fn finish(self, to: &mut Writer) {
        to.number(self.places.len() as u64);
        to.raw(&self.values.into_bytes());
    }

    fn text(&mut self, word: Word) -> u64 {
        if word == 0 {
            return Self::plain(0);
        }
        self.value(TEXT.into(), word, |interner, to| {
            to.raw(&[TEXT]);
            to.text(interner.string(word));
        })
    }

    fn long(&mut self, word: Word) -> u64 {
        self.value(LONG.into(), word, |interner, to| {
            to.raw(&[LONG]);
            to.raw(&interner.u64(word).to_le_bytes());
        })
    }

    fn run(&mut self, ty: TypeId, shape: &Shape<'_>, word: Word) -> u64 {
        let kind = u32::from(RUN) + ty.0;
        if let Some(place) = self.places.get(&(kind, word)) {
            return code(*place);
        }
        let mut inside = Vec::new();
        let interner = self.interner;
        parts(interner, shape, word, |part| {
            inside.push(match part {
                Part::Plain(word) => Self::plain(word),
                Part::Text(word) => self.text(word),
                Part::Long(word) => self.long(word),
                Part::Of(ty, word) => self.word(ty, word),
            });
        });
        self.value(kind, word, |_, to| {
            to.raw(&[RUN]);
            to.number(inside.len() as u64);
            inside.iter().for_each(|code| to.number(*code));
        })
    }

    fn value(&mut self, kind: u32, word: Word, write: impl FnOnce(&Interner, &mut Writer)) -> u64 {
        let next = self.places.len() as u64;
        let place = *self.places.entry((kind, word)).or_insert(next);
        if place == next {
            write(self.interner, &mut self.values);
        }
        code(place)
    }
}

impl Unpacked {
    /// Reads what [`Packer::finish`] wrote; `None` if it is something else.
    pub(crate) fn read(interner: &Interner, from: &mut Reader<'_>) -> Option<Self> {
        let mut values = Unpacked(Vec::new());
        let mut run = Vec::new();
        for _ in 0..from.count()? {
            let word = match from.raw::<1>()?[0] {
                TEXT => interner.intern_str(from.text()?),
                LONG => interner.intern_u64(u64::from_le_bytes(from.raw()?)),
                WIDE => interner.intern_u128(u128::from_le_bytes(from.raw()?)),
                BIG => interner.intern_big(&BigInt::from_signed_bytes_le(from.bytes()?)),
                RUN => {
                    run.clear();
                    for _ in 0..from.count()? {
                        run.push(values.word(from.number()?)?);
                    }
                    interner.intern_words(&run)
                }
                _ => return None,
            };
            values.0.push(word);
        }
        Some(values)
    }

    /// The word of a code; `None` if there is no such value.
    #[inline]
    pub(crate) fn word(&self, code: u64) -> Option<Word> {
        match code & 1 {
            0 => Word::try_from(code >> 1).ok(),
            _ => self.0.get(usize::try_from(code >> 1).ok()?).copied(),
        }
    }
}

/// Of a value by its place.
fn code(place: u64) -> u64 {
    place << 1 | 1
}
