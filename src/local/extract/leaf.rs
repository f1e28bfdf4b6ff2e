//! What is asked for: the leaves and lists of a schema with their meaning.

use crate::local::kind::normal;
use crate::local::label::{LeafKeys, Owner};
use crate::local::lexicon::{Concept, Kind, Lexicon};
use crate::local::schema::{LeafType, Node, Schema, Shape};
use crate::local::text::{canonical, identifier_words, key};

/// A single value that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct Leaf<'a> {
    /// JSON pointer from the root, or from the row for columns.
    pub(crate) pointer: String,
    /// The schema of the leaf.
    pub(crate) node: &'a Node,
    /// Its type.
    pub(crate) leaf_type: LeafType,
    /// What it means, as an index into the lexicon.
    pub(crate) concept: Option<usize>,
    /// What else its name may mean, as indexes into the lexicon.
    pub(crate) others: Vec<usize>,
    /// What kind of value it takes.
    pub(crate) kind: Kind,
    /// Its own words as labels.
    pub(crate) labels: Vec<(Vec<String>, f32)>,
    /// The canonical words of its name.
    pub(crate) name_words: Vec<String>,
    /// Name, title and description, folded.
    pub(crate) words: String,
}

/// A list that is asked for.
#[derive(Debug, Clone)]
pub(crate) struct List<'a> {
    /// JSON pointer from the root.
    pub(crate) pointer: String,
    /// The columns of its rows; empty for a list of single values.
    pub(crate) columns: Vec<Leaf<'a>>,
    /// Its items are single values.
    pub(crate) is_plain: bool,
    /// Name, title and description, folded.
    pub(crate) words: String,
}

/// All that is asked for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Plan<'a> {
    pub(crate) leaves: Vec<Leaf<'a>>,
    pub(crate) lists: Vec<List<'a>>,
}

impl<'a> Plan<'a> {
    /// Reads what a schema asks for.
    pub(crate) fn of(schema: &'a Schema) -> Self {
        let mut plan = Self::default();
        plan.walk(&schema.root, "", &[]);
        plan.give_to_the_only_party();
        // What another leaf means for sure is not what this one may mean.
        let sure: Vec<Option<usize>> = plan.leaves.iter().map(|leaf| leaf.concept).collect();
        for leaf in &mut plan.leaves {
            leaf.others.retain(|other| !sure.contains(&Some(*other)));
        }
        plan
    }

    /// A bare `address` beside the name of one party of a business document, and none of the
    /// other, is that party's; so are a bare `city` and the like.
    fn give_to_the_only_party(&mut self) {
        let lexicon = Lexicon::fields();
        let asks = |name: &str| {
            let wanted = lexicon.index_of(name);
            self.leaves.iter().any(|leaf| leaf.concept.is_some() && leaf.concept == wanted)
        };
        let party = match (asks("seller_name"), asks("buyer_name")) {
            (true, false) => "seller",
            (false, true) => "buyer",
            _ => return,
        };
        for leaf in self.leaves.iter_mut().filter(|leaf| leaf.concept.is_none()) {
            let what = match leaf.kind {
                Kind::Address if leaf.name_words == ["address"] => "address",
                Kind::City if leaf.name_words.len() == 1 => "city",
                Kind::Postcode if leaf.name_words.len() <= 2 => "postcode",
                Kind::Country if leaf.name_words.len() == 1 => "country",
                _ => continue,
            };
            leaf.concept = lexicon.index_of(&format!("{party}_{what}"));
        }
    }

    fn walk(&mut self, node: &'a Node, pointer: &str, names: &[&str]) {
        match &node.shape {
            Shape::Object(fields) => {
                for field in fields {
                    let pointer = format!("{pointer}/{}", escape(&field.name));
                    let names: Vec<&str> =
                        names.iter().copied().chain([field.name.as_str()]).collect();
                    self.walk(&field.node, &pointer, &names);
                }
            }
            Shape::Array(item) => {
                let itself = leaf(node, LeafType::Any, pointer, names, Lexicon::fields());
                let mut columns = Vec::new();
                let is_plain = matches!(item.shape, Shape::Leaf(_));
                if is_plain {
                    let mut only = leaf(item, leaf_type(item), "", names, Lexicon::fields());
                    only.labels.clone_from(&itself.labels);
                    columns.push(only);
                } else {
                    gather_columns(item, "", &[], &mut columns);
                }
                let (pointer, words) = (pointer.to_owned(), itself.words);
                self.lists.push(List { pointer, columns, is_plain, words });
            }
            Shape::Leaf(leaf_type) => {
                self.leaves.push(leaf(node, *leaf_type, pointer, names, Lexicon::fields()));
            }
        }
    }

    /// The leaves' own words, as labels to look for.
    pub(crate) fn keys(&self) -> LeafKeys {
        let mut keys = LeafKeys::new();
        for (index, leaf) in self.leaves.iter().enumerate() {
            for (words, weight) in &leaf.labels {
                keys.entry(key(words)).or_default().push((Owner::Leaf(index), *weight));
            }
        }
        keys
    }
}

fn leaf_type(node: &Node) -> LeafType {
    if let Shape::Leaf(leaf_type) = node.shape { leaf_type } else { LeafType::Any }
}

fn gather_columns<'a>(node: &'a Node, pointer: &str, names: &[&str], into: &mut Vec<Leaf<'a>>) {
    match &node.shape {
        Shape::Object(fields) => {
            for field in fields {
                let pointer = format!("{pointer}/{}", escape(&field.name));
                let names: Vec<&str> = names.iter().copied().chain([field.name.as_str()]).collect();
                gather_columns(&field.node, &pointer, &names, into);
            }
        }
        Shape::Leaf(leaf_type) => {
            into.push(leaf(node, *leaf_type, pointer, names, Lexicon::columns()));
        }
        Shape::Array(_) => {}
    }
}

/// A name as a step of a JSON pointer.
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Words at the end of a name that say the type and not the thing.
const TYPE_WORDS: &[&str] = &[
    "kg", "eur", "usd", "percent", "pct", "code", "amount", "value", "text", "string", "iso",
    "field", "id", "no", "date", "name", "total",
];

fn leaf<'a>(
    node: &'a Node,
    leaf_type: LeafType,
    pointer: &str,
    names: &[&str],
    lexicon: &'static Lexicon,
) -> Leaf<'a> {
    let (parents, own) = names.split_at(names.len().saturating_sub(1));
    let name = own.first().copied().unwrap_or_default();
    let name_words = canonical(&identifier_words(name));
    let parent_words: Vec<String> =
        parents.iter().flat_map(|p| canonical(&identifier_words(p))).collect();
    let title_words = node.title.as_deref().map(canonical).unwrap_or_default();
    let description = node.description.as_deref().unwrap_or_default();
    let description_words = canonical(first_phrase(description));
    let phrases = [&name_words, &title_words, &description_words];
    let found = concept(lexicon, node, leaf_type, &parent_words, &phrases);
    let concept = found.and_then(|index| lexicon.concepts.get(index));
    let kind = concept.map_or_else(
        || guess_kind(node, leaf_type, &name_words, &description_words),
        |c| kind_of(c, node, leaf_type),
    );
    let labels = own_labels(&phrases, is_opaque(&name_words));
    let others = if found.is_some() && !is_opaque(&name_words) {
        let named = lexicon.named(&name_words).iter().filter(|(_, weight)| *weight >= 0.9);
        let others = named.map(|(index, _)| *index).filter(|index| Some(*index) != found);
        let of_kind = |i: &usize| lexicon.concepts.get(*i).is_some_and(|c| c.kind == kind);
        others.filter(of_kind).collect()
    } else {
        Vec::new()
    };
    let pointer = pointer.to_owned();
    let title = node.title.as_deref().unwrap_or_default();
    let words = normal(&format!("{} {title} {description}", identifier_words(name)));
    Leaf { pointer, node, leaf_type, concept: found, others, kind, labels, name_words, words }
}

/// The words before the first full stop, bracket or example.
fn first_phrase(text: &str) -> &str {
    let end = text.find(['.', '(', ';', '\n']).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// A name such as `f01` or `field_a` says nothing.
fn is_opaque(words: &[String]) -> bool {
    let said: usize = words
        .iter()
        .filter(|w| {
            !["field", "f", "col", "item", "value", "x", "key", "attr"].contains(&w.as_str())
        })
        .filter(|w| w.len() > 2 && w.chars().filter(|c| c.is_alphabetic()).count() > 1)
        .count();
    said == 0 && !words.iter().any(|w| ["no", "po", "box", "to"].contains(&w.as_str()))
}

fn own_labels(phrases: &[&Vec<String>; 3], opaque: bool) -> Vec<(Vec<String>, f32)> {
    let mut labels: Vec<(Vec<String>, f32)> = Vec::new();
    let [name, title, description] = phrases;
    let mut push = |words: &[String], weight: f32| {
        let known = labels.iter().any(|(w, _)| key(w) == key(words));
        if !words.is_empty() && words.len() <= 8 && !known {
            labels.push((words.to_vec(), weight));
        }
    };
    if !opaque {
        push(name, 0.95);
        if let Some((last, head)) = name.split_last()
            && head.len() > 1
            && TYPE_WORDS.contains(&last.as_str())
        {
            push(head, 0.8);
        }
    }
    push(title, 0.93);
    push(description, 0.9);
    if let [first, second, ..] = description.as_slice()
        && description.len() > 2
        && first == "no"
    {
        push(std::slice::from_ref(second), 0.75);
    }
    labels
}

fn fits(kind: Kind, node: &Node, leaf_type: LeafType) -> bool {
    match leaf_type {
        LeafType::Number | LeafType::Integer => kind.is_numeric(),
        LeafType::Boolean => kind == Kind::Boolean,
        LeafType::Text | LeafType::Any => match node.format.as_deref() {
            Some("date" | "date-time") => {
                matches!(kind, Kind::Date | Kind::DateTime | Kind::Period)
            }
            Some("time") => kind == Kind::Time,
            Some("email") => kind == Kind::Email,
            _ => true,
        },
    }
}

fn concept(
    lexicon: &Lexicon,
    node: &Node,
    leaf_type: LeafType,
    parents: &[String],
    phrases: &[&Vec<String>; 3],
) -> Option<usize> {
    let [name, title, description] = phrases;
    let is_fine =
        |index: usize| lexicon.concepts.get(index).is_some_and(|c| fits(c.kind, node, leaf_type));
    let pick = |words: &[String], least: f32| {
        let list = lexicon.named(words).iter().filter(|(i, w)| is_fine(*i) && *w >= least);
        list.max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0))).map(|(i, _)| *i)
    };
    let last_parent: Vec<String> =
        parents.iter().skip(parents.len().saturating_sub(2)).chain(name.iter()).cloned().collect();
    let opaque = is_opaque(name);
    let by_name = || (!opaque).then(|| pick(name, 0.0)).flatten();
    let exact = (!parents.is_empty()).then(|| pick(&last_parent, 0.5)).flatten();
    exact
        .or_else(|| by_name().filter(|_| pick(name, 0.9).is_some()))
        .or_else(|| pick(title, 0.5))
        .or_else(|| pick(description, 0.5))
        .or_else(by_name)
        .or_else(|| {
            let all: Vec<String> = if opaque { Vec::new() } else { (*name).clone() };
            let found = lexicon.described(description).filter(|(i, _)| is_fine(*i));
            found
                .or_else(|| lexicon.described(&all).filter(|(i, s)| is_fine(*i) && *s >= 0.78))
                .map(|(i, _)| i)
        })
}

fn kind_of(concept: &Concept, node: &Node, leaf_type: LeafType) -> Kind {
    match node.format.as_deref() {
        Some("date") => Kind::Date,
        Some("date-time") => Kind::DateTime,
        Some("time") => Kind::Time,
        _ => match (concept.kind, leaf_type) {
            (kind, LeafType::Number | LeafType::Integer) if !kind.is_numeric() => Kind::Number,
            (kind, _) => kind,
        },
    }
}

fn guess_kind(node: &Node, leaf_type: LeafType, name: &[String], about: &[String]) -> Kind {
    let has = |word: &str| name.iter().chain(about).any(|w| w == word);
    let named = |word: &str| name.iter().any(|w| w == word);
    match (leaf_type, node.format.as_deref()) {
        (_, Some("date")) => return Kind::Date,
        (_, Some("date-time")) => return Kind::DateTime,
        (_, Some("time")) => return Kind::Time,
        (_, Some("email")) => return Kind::Email,
        (_, Some("uri" | "url")) => return Kind::Url,
        (LeafType::Boolean, _) => return Kind::Boolean,
        (LeafType::Number | LeafType::Integer, _) => {
            return match () {
                () if named("year") => Kind::Year,
                () if named("percent") || named("rate") => Kind::Percent,
                () if ["amount", "price", "cost", "total", "tax"].iter().any(|w| has(w)) => {
                    Kind::Money
                }
                () => Kind::Number,
            };
        }
        _ => {}
    }
    let table: &[(&[&str], Kind)] = &[
        (&["date", "dob"], Kind::Date),
        (&["email", "mail"], Kind::Email),
        (&["phone", "fax"], Kind::Phone),
        (&["url", "website", "web"], Kind::Url),
        (&["iban"], Kind::Iban),
        (&["time"], Kind::Time),
        (&["address", "street"], Kind::Address),
        (&["no", "id", "code", "reference"], Kind::Id),
        (&["currency"], Kind::Currency),
        (&["city"], Kind::City),
        (&["postal"], Kind::Postcode),
        (&["country"], Kind::Country),
        (&["amount", "price", "balance"], Kind::Money),
    ];
    let found = table.iter().find(|(words, _)| words.iter().any(|w| named(w)));
    let described = || table.iter().find(|(words, _)| words.iter().any(|w| has(w)));
    found
        .or_else(|| if is_opaque(name) { described() } else { None })
        .map_or(Kind::Text, |(_, k)| *k)
}
