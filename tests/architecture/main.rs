//! The shape of the code, as tests: who may depend on whom, what may come in from outside, how long a file may get.

mod dependencies;
mod sources;
mod supply_chain;
