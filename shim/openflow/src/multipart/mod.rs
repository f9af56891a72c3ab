//! Requests whose answers may come in several messages.

mod description;
mod flows;
mod kind;
mod reply;
mod request;

pub use description::SwitchDescription;
pub use flows::{FlowFilter, InstalledFlow};
pub use reply::{MultipartReply, MultipartReplyBody};
pub use request::{MultipartRequest, MultipartRequestBody};
