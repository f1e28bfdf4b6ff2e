//! Every bound of the program, with its unit and its default, in one place.
//!
//! A limit that a person may set is the default of an option of the same name; the
//! others are fixed. Neighbours that must agree are held together at compile time.
