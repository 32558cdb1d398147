//! The command `tidings-local` as a person runs it: its exit status, its words, and that nothing of it stays.

mod demo;
mod interrupted;
mod running;
mod unusable;
mod up;
