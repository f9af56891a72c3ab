//! Rust functions on Rust types as functions on values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::ExternError;
use crate::value::{Value, from_value, to_value};

/// A Rust function of up to six parameters that are made from values, giving something that is made a value or an
/// [`ExternError`].
pub trait ExternFunction<Args>: Send + Sync + 'static {
    /// Converts, calls, and converts back.
    ///
    /// # Errors
    /// The function's own, or an argument or the result has no such Rust type or value.
    fn call(&self, args: &[Value]) -> Result<Value, ExternError>;
}

macro_rules! functions {
    ($($n:literal: $($arg:ident)*;)+) => {$(
        impl<F, R, $($arg),*> ExternFunction<($($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Result<R, ExternError> + Send + Sync + 'static,
            R: Serialize,
            $($arg: DeserializeOwned,)*
        {
            fn call(&self, args: &[Value]) -> Result<Value, ExternError> {
                #[allow(non_snake_case)]
                let [$($arg),*] = args else {
                    return Err(ExternError(format!("takes {} arguments, not {}", $n, args.len())));
                };
                let result = self($(argument::<$arg>($arg)?),*)?;
                to_value(&result).map_err(|error| ExternError(error.to_string()))
            }
        }
    )+};
}

functions! {
    0: ;
    1: A;
    2: A B;
    3: A B C;
    4: A B C D;
    5: A B C D E;
    6: A B C D E G;
}

fn argument<T: DeserializeOwned>(value: &Value) -> Result<T, ExternError> {
    from_value(value).map_err(|error| ExternError(format!("{value}: {error}")))
}
