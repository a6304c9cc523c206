//! Responsible for names that resemble a mistyped or incomplete one.

use super::CATALOG;

/// The shortest word that is searched for in the names of types. Shorter words are in many names.
const SHORTEST_PART: usize = 3;

/// The names of the types that a mistyped or incomplete name may mean: those that contain it, such as
/// `zendesk-chat` for `zendesk`, else the closest one. At most three, as a part of a sentence.
pub fn similar_types(name: &str) -> Option<String> {
    let part = name.to_lowercase().replace(['_', ' '], "-");
    let names = || CATALOG.iter().map(|known| known.name.as_str());
    let mut similar: Vec<&str> = Vec::new();
    if part.len() >= SHORTEST_PART {
        let (starting, others): (Vec<&str>, Vec<&str>) = names()
            .filter(|known| known.contains(&part))
            .partition(|known| known.starts_with(&part));
        similar = starting.into_iter().chain(others).take(3).collect();
    }
    if similar.is_empty() {
        similar.extend(closest(name, names()));
    }
    let quoted: Vec<String> = similar.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [first @ .., last] => Some(format!("{} or {last}", first.join(", "))),
    }
}

/// The only candidate that begins with an incomplete word, else the closest one to a mistyped word. Ignores case, and treats
/// dashes and underscores alike.
pub fn closest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The comparison costs the product of the lengths, and no field name is longer than this.
    const LONGEST: usize = 64;
    if word.is_empty() || word.len() > LONGEST {
        return None;
    }
    let plain = |text: &str| text.to_lowercase().replace(['-', ' '], "_");
    let candidates: Vec<&str> = candidates.into_iter().collect();
    let folded: Vec<String> = candidates.iter().map(|text| plain(text)).collect();
    let names: Vec<&str> = folded.iter().map(String::as_str).collect();
    let word = plain(word);
    let mut starting = (0..)
        .zip(&names)
        .filter(|(_, name)| name.starts_with(&word));
    if let (Some((index, _)), None) = (starting.next(), starting.next())
        && word.len() >= SHORTEST_PART
    {
        return candidates.get::<usize>(index).copied();
    }
    let best = similar::get_close_matches(word.as_str(), &names, 1, 0.6)
        .first()
        .copied()?;
    let index = names.iter().position(|name| *name == best)?;
    candidates.get(index).copied()
}

#[cfg(test)]
mod tests {
    use super::{closest, similar_types};

    #[test]
    fn similar_types_prefer_names_that_contain_the_word() {
        let similar = |name: &str| similar_types(name).unwrap_or_default();
        assert_eq!(
            similar("zendesk"),
            "`zendesk-chat`, `zendesk-support` or `zendesk-talk`"
        );
        assert_eq!(similar("hub"), "`hubspot` or `github`");
        assert_eq!(similar("GitHub"), "`github`");
        assert_eq!(similar("zendesk_suport"), "`zendesk-support`");
        assert_eq!(similar("guthub"), "`github`");
        assert_eq!(similar_types("zzz"), None);
        assert_eq!(similar_types(""), None);
    }

    #[test]
    fn closest_of_an_incomplete_word_is_the_only_one_that_begins_with_it() {
        let names = ["repositories", "start_date", "start_time"];
        assert_eq!(closest("repos", names), Some("repositories"));
        assert_eq!(closest("start_tim", names), Some("start_time"));
        assert_eq!(closest("sta", names), None);
        assert_eq!(closest("re", names), None);
        assert_eq!(closest("token", ["token_type", "token"]), Some("token"));
    }

    #[test]
    fn closest_of_an_empty_or_long_word_is_none() {
        assert_eq!(closest("", ["a"]), None);
        assert_eq!(closest(&"a".repeat(65), ["a"]), None);
        assert_eq!(closest("Api-Key", ["api_key", "token"]), Some("api_key"));
    }
}
