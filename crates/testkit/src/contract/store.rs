//! The contract of this port.
