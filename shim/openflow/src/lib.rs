//! OpenFlow 1.5 and Nicira extensions: a sans-IO codec.
