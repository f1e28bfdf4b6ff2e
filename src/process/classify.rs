//! `/v1/documents/classify`: one of the given categories for a document.

use serde_json::{Value, json};

use super::understand::{manner, password, usage};
use super::{Context, Peek, Processor, Task, reading};
use crate::job::envelope::invalid;
use crate::job::model::JobError;
use crate::local::Category;

/// The processor of `/v1/documents/classify`.
#[derive(Debug, Clone, Copy)]
pub struct Classify;

impl Processor for Classify {
    fn validate(&self, request: &Value, first_bytes: &[Peek]) -> Result<(), JobError> {
        reading::check_types(first_bytes)?;
        categories(request, &["categories"]).map(drop)
    }

    fn run(&self, task: &Task, context: &dyn Context) -> Result<Value, JobError> {
        let categories = categories(&task.request, &["categories"])?;
        let input = task.document("document")?;
        let document = reading::load("request.document", &input, password(task), context)?;
        let first = task.request.get("first_n_pages").and_then(Value::as_u64);
        let first = first.and_then(|n| usize::try_from(n).ok()).filter(|n| *n > 0);
        let manner = manner(task);
        let engine = context.understanding();
        let answered = engine.classify(&document, &categories, first, &manner, context)?;
        let found = answered.answer;
        let name = categories.get(found.category).map_or("", |c| c.name);
        let likelihood = (f64::from(found.likelihood) * 100.0).round() / 100.0;
        Ok(json!({
            "result": {
                "reasoning": found.reasoning,
                "classification": name,
                "category": name,
            },
            "classification": {"reasoning": found.reasoning, "category": name},
            "likelihood": likelihood,
            "consensus": {"choices": [], "likelihood": likelihood},
            "usage": usage(document.pages.len(), &answered.effort),
        }))
    }
}

/// The named categories of a request, under the first of some field names that it has.
pub(super) fn categories<'a>(
    request: &'a Value,
    fields: &[&str],
) -> Result<Vec<Category<'a>>, JobError> {
    let field = fields.first().copied().unwrap_or_default();
    let list = fields.iter().find_map(|f| request.get(f).and_then(Value::as_array));
    let list = list.filter(|l| !l.is_empty()).ok_or_else(|| {
        let path = format!("request.{field}");
        invalid(&path, "a list of at least one object with a name is needed")
    })?;
    let text = |v: &'a Value, k: &str| v.get(k).and_then(Value::as_str);
    let named = list.iter().enumerate().map(|(index, item)| {
        let name = text(item, "name").or_else(|| item.as_str()).filter(|n| !n.trim().is_empty());
        let path = format!("request.{field}[{index}].name");
        let name = name.ok_or_else(|| invalid(&path, "a name is needed"))?;
        Ok(Category { name, description: text(item, "description").unwrap_or_default() })
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::testing::{Alone, task};

    #[test]
    fn the_answer_is_one_of_the_names_and_quotes_its_evidence() {
        let request = json!({"categories": [
            {"name": "Kontoauszug", "description": "Bewegungen eines Kontos"},
            {"name": "Rechnung", "description": ""}, {"name": "Sonstiges"}]});
        let text = "INVOICE\n\nInvoice number: 7\nDue date: 2024-01-01\nTotal due: 5.00\n";
        let body = Classify.run(&task(text, request.clone()), &Alone).unwrap();
        assert_eq!(body["result"]["classification"], "Rechnung");
        assert_eq!(body["classification"]["category"], "Rechnung");
        assert!(body["result"]["reasoning"].as_str().unwrap().contains("“invoice”"));
        let text = "Pancakes\n\nIngredients: flour, butter\nBake in the oven for ten minutes\n";
        let body = Classify.run(&task(text, request), &Alone).unwrap();
        assert_eq!(body["result"]["classification"], "Sonstiges");
    }

    #[test]
    fn categories_need_names() {
        let error = Classify.validate(&json!({"categories": [{"name": " "}]}), &[]).unwrap_err();
        assert_eq!(error.details.unwrap()["field"], "request.categories[0].name");
        assert!(Classify.validate(&json!({"categories": []}), &[]).is_err());
    }
}
