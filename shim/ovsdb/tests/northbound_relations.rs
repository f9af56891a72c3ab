//! The committed declarations are what the schema gives.
#![allow(clippy::unwrap_used)]

use std::path::Path;

use ovsdb::relations::relations;
use ovsdb::schema::DatabaseSchema;

/// Of the newest schema: a server with an older one lacks columns and tables, which then are empty.
/// `WEIR_UPDATE_RULES=1` rewrites the file instead of comparing.
#[test]
fn rules_nb_dl_is_generated_from_the_northbound_schema() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = std::fs::read_to_string(here.join("tests/data/OVN_Northbound-7.11.0.ovsschema")).unwrap();
    let generated = relations(&schema.parse::<DatabaseSchema>().unwrap());
    let file = here.join("../../rules/nb.dl");
    if std::env::var_os("WEIR_UPDATE_RULES").is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert!(committed == generated, "rules/nb.dl is out of date: run this test with WEIR_UPDATE_RULES=1");
}

/// The copy of the schema that the tests use is that of the distribution, wherever that is installed.
#[test]
fn the_schema_is_that_of_the_distribution() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let ours = std::fs::read_to_string(here.join("tests/data/OVN_Northbound-7.0.0.ovsschema")).unwrap();
    let ours: DatabaseSchema = ours.parse().unwrap();
    assert_eq!(ours.to_json()["tables"].as_object().unwrap().len(), 30);
    let Ok(theirs) = std::fs::read_to_string("/usr/share/ovn/ovn-nb.ovsschema") else { return };
    let theirs: DatabaseSchema = theirs.parse().unwrap();
    if theirs.version == ours.version {
        assert_eq!(theirs, ours);
    }
}
