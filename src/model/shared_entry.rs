//! Responsible for entries of the ledger whose texts share their memory: the names, key ids and references of one
//! connector are mostly those of the next.

use super::{
    ConnectorEntry, CustomerEntry, Fields, Literal, SentFingerprints, Setting, Settings,
    SharedTexts,
};
use std::mem::take;
use std::sync::Arc;

impl CustomerEntry {
    /// The same entry. Texts that repeat share their memory with those in `texts`.
    pub(crate) fn sharing(mut self, texts: &SharedTexts) -> Self {
        for connector in self.connectors.values_mut() {
            Arc::make_mut(connector).share(texts);
        }
        let connectors = take(&mut self.connectors).into_iter();
        self.connectors = connectors
            .map(|(name, connector)| (texts.share_value(&name), connector))
            .collect();
        self
    }
}

impl ConnectorEntry {
    fn share(&mut self, texts: &SharedTexts) {
        if let Some(sent) = &mut self.sent {
            Arc::make_mut(sent).share(texts);
        }
        let applied = &mut self.applied;
        let blocks = [&mut applied.environment, &mut applied.replication_config];
        for block in blocks.into_iter().flatten() {
            *block = settings(block, texts);
        }
    }
}

impl SentFingerprints {
    fn share(&mut self, texts: &SharedTexts) {
        self.key_id = texts.share(&self.key_id);
        self.at = texts.share_value(&self.at);
        self.fingerprints = fields(&self.fingerprints, texts, String::clone);
        self.references = fields(&self.references, texts, |text| texts.share_value(text));
        self.versions = fields(&self.versions, texts, String::clone);
    }
}

fn fields<V>(fields: &Fields<V>, texts: &SharedTexts, value: impl Fn(&V) -> V) -> Fields<V> {
    let fields = fields.into_iter();
    let shared = fields.map(|(name, field)| (texts.share(name), value(field)));
    shared.collect()
}

fn settings(block: &Settings, texts: &SharedTexts) -> Settings {
    fields(block, texts, |field| setting(field, texts))
}

fn setting(value: &Setting, texts: &SharedTexts) -> Setting {
    match value {
        Setting::Literal(Literal::Text(text)) => {
            Setting::Literal(Literal::Text(texts.share_value(text)))
        }
        Setting::List(items) => {
            // A list from JSON has room for more items.
            Setting::List(items.iter().map(|item| setting(item, texts)).collect())
        }
        Setting::Map(block) => Setting::Map(settings(block, texts)),
        Setting::Literal(_) | Setting::Secret(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use crate::model::{CustomerEntry, SharedText, SharedTexts};
    use serde_json::{Value, json};

    fn entry(value: Value) -> CustomerEntry {
        serde_json::from_value(value).unwrap()
    }

    /// A connector with each kind of text.
    fn connector(number: u8) -> Value {
        json!({
            "id": format!("00000000-0000-0000-0000-0000000000{number:02}"),
            "definition_id": "00000000-0000-0000-0000-000000000001",
            "sent": {
                "key_id": "key", "salt": format!("salt {number}"), "at": "2026-01-01T00:00:00Z",
                "fingerprints": {"credentials.token": format!("fingerprint {number}")},
                "references": {"credentials.token": "${env:TOKEN}"},
                "versions": {"credentials.token": "1"},
            },
            "applied": {
                "environment": {"host": {"$secret": "${env:HOST}"}},
                "replication_config": {"list": ["a", {"b": [1, null]}], "date": "2026"},
            },
        })
    }

    #[test]
    fn sharing_entry_is_equal() {
        let connectors = json!({"one": connector(1), "two": connector(2)});
        let before = entry(json!({"name": "acme", "connectors": connectors}));
        let after = before.clone().sharing(&SharedTexts::default());
        assert_eq!(after, before);
    }

    #[test]
    fn sharing_entries_have_each_repeated_text_once() {
        let texts = SharedTexts::default();
        let [one, two] = [1, 2].map(|number| {
            let customer = json!({"name": "acme", "connectors": {"git": connector(number)}});
            entry(customer).sharing(&texts)
        });
        let addresses = |entry: &CustomerEntry| {
            let (name, connector) = entry.connectors.first_key_value().unwrap();
            let sent = connector.sent.as_deref().unwrap();
            let settings = connector.applied.replication_config.as_ref().unwrap();
            let mut texts = vec![name.as_str(), &sent.key_id, &sent.at];
            texts.extend(sent.fingerprints.keys());
            texts.extend(sent.references.values().map(SharedText::as_str));
            texts.extend(settings.keys());
            settings
                .values()
                .for_each(|setting| setting.texts(&mut texts));
            texts.into_iter().map(str::as_ptr).collect::<Vec<_>>()
        };
        let (one, two) = (addresses(&one), addresses(&two));
        assert_eq!((one.len(), one), (9, two));
    }
}
