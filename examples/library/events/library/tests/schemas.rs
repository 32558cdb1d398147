//! `schemas/` and `topics.json` are up to date with the types.
//! `UPDATE_SCHEMAS=1 cargo test -p tidings-library-events` writes them.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;

use tidings_events::schema::outdated;
use tidings_library_events::Payload;

#[test]
fn schemas_and_topics_are_up_to_date() {
    let outdated = outdated::<Payload>(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert!(outdated.is_empty(), "{outdated:?}: run UPDATE_SCHEMAS=1 cargo test -p tidings-library-events");
}
