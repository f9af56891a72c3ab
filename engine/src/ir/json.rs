//! How values look as JSON where a program says so: `#[rust = "serde(..)"]`.

use std::sync::Arc;

use super::FunctionId;

/// JSON of a union or struct.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnionJson {
    /// How JSON says which variant a value is of.
    pub tagging: Tagging,
    /// Members of an object that no field has are errors.
    pub deny_unknown_fields: bool,
    /// A struct of one field is what is inside.
    pub transparent: bool,
    /// Fields that are missing take the default of their type.
    pub default: bool,
    /// `#[custom_serde]`: the JSON is made by code that is not part of the program.
    pub custom: bool,
}

/// How JSON says which variant a value is of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Tagging {
    /// `{"Variant": {..}}`, or `"Variant"` if it has no fields.
    #[default]
    External,
    /// `{"tag": "Variant", ..}`
    Internal {
        /// Name of the member that names the variant.
        tag: Arc<str>,
    },
    /// `{"tag": "Variant", "content": {..}}`
    Adjacent {
        /// Name of the member that names the variant.
        tag: Arc<str>,
        /// Name of the member that holds the fields.
        content: Arc<str>,
    },
    /// It does not: the first variant that fits.
    Untagged,
}

/// JSON of a variant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VariantJson {
    /// Its name as it is written.
    pub name: Arc<str>,
    /// Names under which it is read.
    pub read_as: Vec<Arc<str>>,
    /// Unknown names stand for this variant.
    pub other: bool,
    /// Not read.
    pub skip_read: bool,
    /// Not written: a value of it has no JSON.
    pub skip_write: bool,
}

/// JSON of a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldJson {
    /// Its name as it is written.
    pub name: Arc<str>,
    /// Names under which it is read.
    pub read_as: Vec<Arc<str>>,
    /// The members of its object are members of the object around.
    pub flatten: bool,
    /// It may be missing, whatever its type.
    pub default: bool,
    /// Not read: it always has the default.
    pub skip_read: bool,
    /// When it is not written.
    pub skip_write: Skip,
    /// A number or the like that is a string in JSON.
    pub as_text: bool,
    /// `#[deserialize_from_array = f()]`: a map is an array of its values, and this function gives the key of one.
    pub key_function: Option<FunctionId>,
}

/// When a field is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skip {
    /// Never.
    #[default]
    Never,
    /// Always.
    Always,
    /// If it is `None`.
    IfNone,
    /// If it is empty: a string, vector, set or map.
    IfEmpty,
}
