//! OVSDB (RFC 7047): a sans-IO protocol and a tokio client.
