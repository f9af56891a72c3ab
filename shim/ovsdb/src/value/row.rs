use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::error::{DecodeError, decode_error};
use crate::schema::ColumnType;
use crate::value::Datum;

/// Column values by name, as transactions carry them.
pub type Values = BTreeMap<String, Datum>;

/// Which columns the rows of one table have, and in which order: by name, bytewise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    table: Arc<str>,
    columns: Box<[ColumnLayout]>,
}

/// One column of a [`Layout`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnLayout {
    /// The column's name in the schema.
    pub name: Arc<str>,
    /// Its declared type.
    pub column_type: ColumnType,
    /// What it holds when nobody has set it.
    pub default: Datum,
}

impl Layout {
    /// A layout of these columns, put in order of name.
    pub fn new(table: &str, columns: impl IntoIterator<Item = (String, ColumnType)>) -> Self {
        let sorted: BTreeMap<String, ColumnType> = columns.into_iter().collect();
        Layout {
            table: Arc::from(table),
            columns: sorted
                .into_iter()
                .map(|(name, column_type)| {
                    let default = Datum::default_of(&column_type);
                    ColumnLayout { name: Arc::from(name), column_type, default }
                })
                .collect(),
        }
    }

    /// The table these rows belong to.
    pub fn table(&self) -> &Arc<str> {
        &self.table
    }

    /// The columns, in the order of a row's values.
    pub fn columns(&self) -> &[ColumnLayout] {
        &self.columns
    }

    /// Where in the row the column stands.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.columns.binary_search_by(|probe| probe.name.as_ref().cmp(column)).ok()
    }
}

/// A whole row of a table: a value for every column of its layout. The row's UUID is kept beside it, not in it.
#[derive(Clone, PartialEq, Eq)]
pub struct Row {
    layout: Arc<Layout>,
    values: Box<[Datum]>,
}

impl Row {
    /// Reads a `<row>` in which columns that hold their default may be missing (RFC 7047 section 5.1). Columns the
    /// layout does not have are an error.
    pub fn from_json(layout: &Arc<Layout>, json: &Value) -> Result<Self, DecodeError> {
        let members = json.as_object().ok_or_else(|| decode_error("a row", json))?;
        for (name, value) in members {
            if layout.position(name).is_none() {
                return Err(decode_error("a column of the monitored ones", value).inside(name));
            }
        }
        let values = layout
            .columns
            .iter()
            .map(|column| match members.get(column.name.as_ref()) {
                Some(value) => {
                    Datum::from_json(value, &column.column_type).map_err(|error| error.inside(&column.name))
                }
                None => Ok(column.default.clone()),
            })
            .collect::<Result<_, _>>()?;
        Ok(Row { layout: Arc::clone(layout), values })
    }

    /// A row of these values, by their places in the layout, and defaults where none is given.
    pub(crate) fn with_defaults(layout: &Arc<Layout>, given: Vec<(usize, Datum)>) -> Self {
        let mut values: Box<[Option<Datum>]> = vec![None; layout.columns.len()].into();
        for (position, datum) in given {
            values[position] = Some(datum);
        }
        let or_default =
            |(value, column): (Option<Datum>, &ColumnLayout)| value.unwrap_or_else(|| column.default.clone());
        let values = values.into_iter().zip(&layout.columns).map(or_default).collect();
        Row { layout: Arc::clone(layout), values }
    }

    /// The row with one column replaced. `position` is the column's place in the layout.
    pub(crate) fn replace(&mut self, position: usize, datum: Datum) {
        self.values[position] = datum;
    }

    /// The row as a JSON object of all its columns.
    pub fn to_json(&self) -> Value {
        Value::Object(
            self.iter().map(|(name, datum)| (name.to_owned(), datum.to_json())).collect::<Map<_, _>>(),
        )
    }

    /// The columns this row has.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The values, one per column of the layout, in its order.
    pub fn values(&self) -> &[Datum] {
        &self.values
    }

    /// The value of a column, or `None` if the row has no such column.
    pub fn column(&self, name: &str) -> Option<&Datum> {
        Some(&self.values[self.layout.position(name)?])
    }

    /// Name and value of every column, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Datum)> {
        self.layout.columns.iter().map(|column| column.name.as_ref()).zip(self.values.iter())
    }

    /// Layout and value of every column, in order of name: what a conversion by declared type walks.
    pub fn typed(&self) -> impl Iterator<Item = (&ColumnLayout, &Datum)> {
        self.layout.columns.iter().zip(self.values.iter())
    }

    /// The one string a column holds.
    pub fn string(&self, column: &str) -> Option<&str> {
        self.column(column)?.as_str()
    }

    /// The one integer a column holds.
    pub fn integer(&self, column: &str) -> Option<i64> {
        self.column(column)?.as_integer()
    }

    /// The one truth value a column holds.
    pub fn boolean(&self, column: &str) -> Option<bool> {
        self.column(column)?.as_bool()
    }

    /// The string that a column of string-to-string pairs has for a key.
    pub fn option(&self, column: &str, key: &str) -> Option<&str> {
        self.column(column)?.value_of(key)
    }
}

impl fmt::Debug for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.layout.table)?;
        let mut members = f.debug_map();
        for (name, datum) in self.iter() {
            members.entry(&format_args!("{name}"), &format_args!("{datum}"));
        }
        members.finish()
    }
}
