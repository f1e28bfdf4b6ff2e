//! Instructions in every notation against small forms.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use super::{Filling, fill};
use crate::form::{Field, Label, Role};

fn text(label: &str) -> Field {
    field(label, "", Role::line())
}

fn field(label: &str, section: &str, role: Role) -> Field {
    let label = Label { own: label.to_owned(), section: section.to_owned(), ..Label::default() };
    Field::drawn(label, role)
}

fn boxes(question: &str, options: &[&str], group: usize) -> Vec<Field> {
    let each = options.iter().map(|option| {
        let mut field = field(option, "", Role::Check { exclusive: true });
        field.label.group = question.to_owned();
        field.group = Some(group);
        field
    });
    each.collect()
}

fn shown(fields: &[Field], filling: &Filling) -> Vec<(String, String)> {
    let entry = |entry: &super::Entry| (fields[entry.field].label.own.clone(), entry.value.clone());
    filling.entries.iter().map(entry).collect()
}

fn expect(fields: &[Field], instructions: &str, expected: &[(&str, &str)]) -> Filling {
    let filling = fill(fields, instructions);
    let expected: Vec<(String, String)> =
        expected.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    assert_eq!(shown(fields, &filling), expected, "{instructions}: {:?}", filling.warnings);
    filling
}

#[test]
fn labels_meet_in_other_words_and_other_languages() {
    let fields = [text("Full name"), text("Date of birth"), text("Telephone")];
    let expected =
        [("Full name", "Ada B."), ("Date of birth", "10.12.1815"), ("Telephone", "555 1234")];
    expect(&fields, "DOB: 10.12.1815\nPhone no.: 555 1234\nName: Ada B.", &expected);
    expect(
        &fields,
        "{\"name\": \"Ada B.\", \"geburtsdatum\": \"10.12.1815\", \"tel\": \"555 1234\"}",
        &expected,
    );
    expect(&fields, "name;phone;birth date\nAda B.;555 1234;10.12.1815", &expected);
}

#[test]
fn headings_tell_equal_labels_apart() {
    let fields =
        [field("City", "OLD ADDRESS", Role::line()), field("City", "NEW ADDRESS", Role::line())];
    let expected = [("City", "Boise"), ("City", "Erie")];
    expect(&fields, "{\"new_address_city\": \"Erie\", \"old_address_city\": \"Boise\"}", &expected);
    expect(&fields, "NEW ADDRESS - City: Erie\nOLD ADDRESS - City: Boise", &expected);
}

#[test]
fn questions_are_answered_by_their_boxes() {
    let mut fields = boxes("Account type", &["Checking", "Savings"], 0);
    fields.extend(boxes("Was anyone injured?", &["Yes", "No"], 1));
    let expected = [("Checking", "false"), ("Savings", "true"), ("Yes", "false"), ("No", "true")];
    expect(&fields, "Account type: savings\nWas anyone injured?: no", &expected);
}

#[test]
fn names_and_addresses_are_joined_and_split() {
    let fields = [text("Full name"), text("Street"), text("City / State / ZIP")];
    let expected = [
        ("Full name", "Ada Byron"),
        ("Street", "1 Main St"),
        ("City / State / ZIP", "Erie, PA 16501"),
    ];
    let whole = "First name: Ada\nLast name: Byron\nAddress: 1 Main St, Erie, PA 16501";
    expect(&fields, whole, &expected);
    let fields = [text("Last name"), text("First name"), text("City"), text("ZIP")];
    let expected =
        [("Last name", "Byron"), ("First name", "Ada"), ("City", "Erie"), ("ZIP", "16501")];
    expect(&fields, "Name: Ada Byron\nCity: Erie\nZip code: 16501", &expected);
}

#[test]
fn sentences_fill_fields_and_tick_boxes() {
    let mut fields = vec![text("Patient name"), text("Date of birth"), text("Insurance company")];
    fields.push(field("Asthma", "", Role::Check { exclusive: false }));
    fields.push(field("Diabetes", "", Role::Check { exclusive: false }));
    fields.push(text("Emergency phone"));
    let prose = "The patient is Helen Strand, date of birth 07/30/1975. Her insurance company \
                 is Fieldstone Mutual. She has had asthma but no diabetes. Emergency phone \
                 (814) 555-0177.";
    let filling = fill(&fields, prose);
    let shown = shown(&fields, &filling);
    let get = |label: &str| shown.iter().find(|(l, _)| l == label).map(|(_, value)| value.as_str());
    assert_eq!(get("Patient name"), Some("Helen Strand"));
    assert_eq!(get("Date of birth"), Some("07/30/1975"));
    assert_eq!(get("Insurance company"), Some("Fieldstone Mutual"));
    assert_eq!(get("Asthma"), Some("true"));
    assert_ne!(get("Diabetes"), Some("true"));
    assert_eq!(get("Emergency phone"), Some("(814) 555-0177"));
}

#[test]
fn what_nothing_takes_is_said_and_nothing_is_made_up() {
    let fields = [text("Name"), text("Signature of applicant"), text("Colour")];
    let filling = expect(&fields, "Name: Ada\nShoe size: 41\nSignature: Ada", &[("Name", "Ada")]);
    assert_eq!(filling.warnings.len(), 2, "{:?}", filling.warnings);
    let source = filling.entries[0].source.clone();
    assert_eq!(&"Name: Ada\nShoe size: 41"[source], "Ada");
}

#[test]
fn a_choice_takes_the_nearest_of_its_options() {
    let options = ["Single", "Married", "Divorced"].map(str::to_owned).to_vec();
    let fields = [field("Marital status", "", Role::Choice { options, editable: false })];
    expect(&fields, "marital status: MARRIED", &[("Marital status", "Married")]);
    let filling = expect(&fields, "Marital status: complicated", &[]);
    assert!(filling.warnings.iter().any(|w| w.contains("complicated")), "{:?}", filling.warnings);
}
