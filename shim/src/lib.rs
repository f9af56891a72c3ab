//! Sessions to hypervisors and to the Northbound database.
