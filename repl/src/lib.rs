//! The shell over the engine.
