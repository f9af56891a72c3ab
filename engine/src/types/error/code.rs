//! Codes of errors: they never change.

use super::Error;
use crate::source::Span;

impl Error {
    /// The code it is known by, and where it is.
    pub(in crate::types) fn code(&self) -> (&'static str, Span) {
        match self {
            Error::UnknownModule { span, .. } => ("E0101", *span),
            Error::UnknownName { span, .. } => ("E0102", *span),
            Error::UnknownVariable { span, .. } => ("E0103", *span),
            Error::Duplicate { span, .. } | Error::OverlappingOverload { span, .. } => ("E0104", *span),
            Error::AmbiguousName { span, .. } => ("E0105", *span),
            Error::UnknownTypeParameter { span, .. } => ("E0106", *span),
            Error::NoLibrary { span, .. } => ("E0107", *span),
            Error::Redeclared { span, .. } => ("E0108", *span),
            Error::HiddenByGroupBy { span, .. } => ("E0109", *span),
            Error::UnknownField { span, .. } => ("E0110", *span),

            Error::Mismatch { span, .. } => ("E0201", *span),
            Error::NumberMismatch { span, .. } => ("E0201", *span),
            Error::NotNumeric { span, .. } => ("E0202", *span),
            Error::NoField { span, .. } => ("E0203", *span),
            Error::GuardedField { span, .. } => ("E0204", *span),
            Error::NoTupleField { span, .. } => ("E0205", *span),
            Error::NotConcat { span, .. } => ("E0206", *span),
            Error::NotIterable { span, .. } => ("E0207", *span),
            Error::NotReference { span, .. } => ("E0208", *span),
            Error::TryTypes { span, .. } | Error::TryGivesOption { span, .. } => ("E0209", *span),
            Error::CannotInfer { span, .. } | Error::CannotInferVariable { span, .. } => ("E0210", *span),
            Error::NoOverload { span, .. } => ("E0211", *span),
            Error::AmbiguousOverload { span, .. } => ("E0212", *span),
            Error::ArgumentCount { span, .. } => ("E0213", *span),
            Error::TypeArguments { span, .. } => ("E0214", *span),
            Error::FieldCount { span, .. } => ("E0215", *span),
            Error::FieldTwice { span, .. } => ("E0216", *span),
            Error::MissingFields { span, .. } => ("E0217", *span),
            Error::FieldTypes { span, .. } => ("E0218", *span),
            Error::ZeroWidth { span } | Error::SignedWidth { span, .. } => ("E0219", *span),
            Error::RelationType { span } => ("E0220", *span),
            Error::RecursiveAlias { span, .. } | Error::EndlessType { span, .. } => ("E0221", *span),
            Error::ParameterType { span, .. } => ("E0222", *span),
            Error::SliceOrder { span, .. } | Error::SliceRange { span, .. } => ("E0223", *span),
            Error::IntegerRange { span, .. } => ("E0224", *span),
            Error::Cast { span, .. } | Error::CastWidth { span, .. } => ("E0225", *span),
            Error::NoText { span, .. } => ("E0226", *span),
            Error::NotExhaustive { span, .. } => ("E0227", *span),
            Error::UnreachableArm { span } => ("E0228", *span),
            Error::Refutable { span, .. } => ("E0229", *span),
            Error::NotPlace { span }
            | Error::NotAssignable { span, .. }
            | Error::SharedPlace { span }
            | Error::ChangedInCondition { span, .. }
            | Error::ChangedInLoop { span, .. } => ("E0230", *span),
            Error::OutsideFunction { span, .. } => ("E0231", *span),
            Error::OutsideLoop { span } => ("E0232", *span),
            Error::OnlyInPatterns { span, .. } => ("E0233", *span),
            Error::DeclarationLast { span } => ("E0239", *span),
            Error::UnusedTypeParameter { span, .. } => ("E0236", *span),
            Error::ExternTwice { span, .. } => ("E0237", *span),
            Error::BadOriginal { span } => ("E0238", *span),
            Error::BadAttribute { span, .. } => ("E0245", *span),
            Error::LargeType { span } => ("E0240", *span),
            Error::EndlessGenerics { span } => ("E0235", *span),
            Error::NotPattern { span } | Error::NotConstant { span } => ("E0234", *span),

            Error::VarInAtom { span, .. } => ("E0331", *span),
            Error::MissingVar { span, .. } => ("E0332", *span),
            Error::TwiceInAtom { span, .. } => ("E0333", *span),
            Error::BoundInSameAtom { span, .. } => ("E0334", *span),
            Error::UnboundInNegation { span, .. } => ("E0335", *span),
            Error::NoRecordFields { span, .. } => ("E0336", *span),
            Error::InputHead { span, .. } => ("E0337", *span),
            Error::HeadDelay { span } => ("E0338", *span),
            Error::GroupKey { span } => ("E0339", *span),
            Error::GroupByForm { span, .. }
            | Error::TwoGroupBy { span, .. }
            | Error::GroupByPlace { span } => ("E0340", *span),
            Error::AggregateForm { span } => ("E0341", *span),
            Error::KeyOnlyInput { span, .. } | Error::KeyOfBag { span, .. } => ("E0342", *span),
            Error::IndexField { span, .. } | Error::IndexOver { span, .. } => ("E0343", *span),
            Error::TransformerArguments { span }
            | Error::TransformerOutput { span, .. }
            | Error::TransformerFills { span, .. }
            | Error::UnknownTransformer { span, .. } => ("E0350", *span),
            Error::StreamJoin { span, .. } => ("E0345", *span),
            Error::NegatedStream { span, .. } => ("E0346", *span),
            Error::Recursive { span, .. } => ("E0351", *span),
            Error::StreamAntijoin { span, .. } => ("E0347", *span),
            Error::StreamIntoRelation { span, .. } => ("E0348", *span),
            Error::RelationIntoStream { span, .. } => ("E0349", *span),
            Error::Unsupported { span, .. } => ("E0344", *span),
        }
    }
}
