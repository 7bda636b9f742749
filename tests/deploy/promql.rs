//! Which metrics and labels an expression of Prometheus asks for.

/// One metric in an expression, with what is asked of its labels.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mention {
    pub(crate) metric: String,
    pub(crate) labels: Vec<(String, String)>,
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// Every metric that an expression mentions: ours, the process's, and `up`.
pub(crate) fn mentions(expression: &str) -> Vec<Mention> {
    let mut found = Vec::new();
    for (at, word) in words(expression) {
        if word.starts_with("offers_") || word.starts_with("process_") || word == "up" {
            let rest = &expression[at + word.len()..];
            let labels = rest.strip_prefix('{').map(matchers).unwrap_or_default();
            found.push(Mention { metric: word.to_owned(), labels });
        }
    }
    found
}

/// The labels by which an expression groups or matches.
pub(crate) fn groups(expression: &str) -> Vec<String> {
    let keywords = words(expression).into_iter().filter(|(_, word)| ["by", "on", "without"].contains(word));
    let lists = keywords.filter_map(|(at, word)| {
        let list = expression[at + word.len()..].trim_start().strip_prefix('(')?;
        Some(list.split(')').next().unwrap().split(',').map(|label| label.trim().to_owned()))
    });
    lists.flatten().filter(|label| !label.is_empty()).collect()
}

/// The labels that a text shows: `{{name}}` in a legend, `{{ $labels.name }}` in a sentence.
pub(crate) fn shown(text: &str) -> Vec<String> {
    let places = text.split("{{").skip(1).filter_map(|rest| rest.split("}}").next());
    let names = places.filter_map(|place| {
        let place = place.trim();
        if let Some(name) = place.strip_prefix("$labels.") {
            return name.split(|letter| !is_word(letter)).next();
        }
        place.chars().all(is_word).then_some(place)
    });
    names.map(str::to_owned).collect()
}

/// Words outside quotes, with their places.
fn words(expression: &str) -> Vec<(usize, &str)> {
    let (mut found, mut start, mut quoted) = (Vec::new(), None, false);
    for (at, letter) in expression.char_indices().chain([(expression.len(), ' ')]) {
        if letter == '"' {
            quoted = !quoted;
        }
        match start {
            None if !quoted && is_word(letter) => start = Some(at),
            Some(from) if !is_word(letter) => {
                found.push((from, &expression[from..at]));
                start = None;
            }
            _ => {}
        }
    }
    found
}

/// `label="value",…}` up to the brace that is not quoted.
fn matchers(selector: &str) -> Vec<(String, String)> {
    let mut labels = Vec::new();
    let mut rest = selector;
    while let Some((label, tail)) = rest.split_once('"') {
        if label.contains('}') {
            break;
        }
        let (value, after) = tail.split_once('"').unwrap();
        let label: String = label.chars().filter(|letter| is_word(*letter)).collect();
        labels.push((label, value.to_owned()));
        rest = after;
    }
    labels
}

#[test]
fn metrics_and_labels_are_found_in_an_expression() {
    let expression = r#"sum by (le, route) (rate(offers_a_bucket{route!~".*/{id}/", code="x|y"}[5m])) / up{job="offers"} > on(instance) process_b"#;
    let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    assert_eq!(
        mentions(expression),
        [
            Mention {
                metric: "offers_a_bucket".into(),
                labels: owned(&[("route", ".*/{id}/"), ("code", "x|y")])
            },
            Mention { metric: "up".into(), labels: owned(&[("job", "offers")]) },
            Mention { metric: "process_b".into(), labels: Vec::new() },
        ]
    );
    assert_eq!(groups(expression), ["le", "route", "instance"]);
    assert_eq!(shown("{{ $value | humanize }} of {{ $labels.partner }}, {{route}}"), ["partner", "route"]);
}
