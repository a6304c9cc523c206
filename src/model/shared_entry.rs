//! Responsible for entries of the ledger whose texts share their memory: the names, key ids and references of one
//! connector are mostly those of the next.

use super::{
    ConnectorEntry, CustomerEntry, Desired, DesiredConnector, Fields, Literal, SentFingerprints,
    Setting, Settings, SharedTexts,
};
use std::mem::take;
use std::sync::Arc;

/// What entries share their memory with.
#[derive(Debug)]
pub(crate) struct EntryMemory<'a> {
    texts: SharedTexts,
    desired: &'a Desired,
}

impl<'a> EntryMemory<'a> {
    /// The memory of settings that the files still declare as they were applied, and of texts in the entries before.
    pub(crate) fn new(desired: &'a Desired) -> Self {
        Self {
            texts: SharedTexts::default(),
            desired,
        }
    }

    /// Returns the entry. Its texts and settings share the memory of equal ones.
    pub(crate) fn share(&self, mut entry: CustomerEntry) -> CustomerEntry {
        let declared = self.desired.customers.get(&entry.name);
        for (name, connector) in &mut entry.connectors {
            let declared = declared.and_then(|declared| declared.connectors.get(name));
            Arc::make_mut(connector).share(&self.texts, declared.map(|declared| &**declared));
        }
        let connectors = take(&mut entry.connectors).into_iter();
        entry.connectors = connectors
            .map(|(name, connector)| (self.texts.share_value(&name), connector))
            .collect();
        entry
    }
}

impl ConnectorEntry {
    fn share(&mut self, texts: &SharedTexts, declared: Option<&DesiredConnector>) {
        if let Some(sent) = &mut self.sent {
            Arc::make_mut(sent).share(texts);
        }
        let applied = &mut self.applied;
        let environment = declared.and_then(|declared| declared.environment.as_ref());
        let config = declared.and_then(|declared| declared.replication_config.as_ref());
        share_block(&mut applied.environment, environment, texts);
        share_block(&mut applied.replication_config, config, texts);
    }
}

fn share_block(applied: &mut Option<Settings>, declared: Option<&Settings>, texts: &SharedTexts) {
    if let Some(block) = applied {
        *block = match declared {
            Some(declared) if declared == block => declared.clone(),
            _ => settings(block, texts),
        };
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
            Setting::List(items.iter().map(|item| setting(item, texts)).collect())
        }
        Setting::Map(block) => Setting::Map(settings(block, texts)),
        Setting::Literal(_) | Setting::Secret(_) => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::EntryMemory;
    use crate::model::{
        CustomerEntry, Desired, DesiredConnector, DesiredCustomer, Kind, RotationMode, Setting,
        Settings, SharedText,
    };
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

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
        let after = EntryMemory::new(&Desired::default()).share(before.clone());
        assert_eq!(after, before);
    }

    #[test]
    fn sharing_entries_have_each_repeated_text_once() {
        let desired = Desired::default();
        let memory = EntryMemory::new(&desired);
        let [first, second] = [1, 2].map(|number| {
            let customer = json!({"name": "acme", "connectors": {"git": connector(number)}});
            memory.share(entry(customer))
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
        let (first, second) = (addresses(&first), addresses(&second));
        assert_eq!((first.len(), first), (9, second));
    }

    /// The files with these settings of `acme/git`.
    fn desired(settings: Value) -> Desired {
        let Setting::Map(settings) = Setting::from(settings) else {
            panic!("no mapping");
        };
        let connector = DesiredConnector {
            previous_name: None,
            kind: Kind {
                name: "github".into(),
                definition_id: None,
            },
            auth: None,
            template_id: None,
            consent: None,
            credentials: None,
            readable: BTreeSet::new(),
            credentials_version: None,
            rotation: RotationMode::Compare,
            environment: None,
            replication_config: Some(settings),
            entities: None,
        };
        let customer = DesiredCustomer {
            connectors: [("git".to_owned(), Box::new(connector))].into(),
            ..DesiredCustomer::default()
        };
        Desired {
            customers: [("acme".to_owned(), customer)].into(),
            ..Desired::default()
        }
    }

    #[test]
    fn sharing_settings_that_are_still_declared_uses_those_of_the_files() {
        let customer = || {
            let connectors = json!({"git": connector(1), "other": connector(2)});
            entry(json!({"name": "acme", "connectors": connectors}))
        };
        let block = connector(1)["applied"]["replication_config"].clone();
        let mut changed = block.clone();
        changed["date"] = json!("2027");
        for (declared, is_shared) in [(block, true), (changed, false)] {
            let desired = desired(declared);
            let shared = EntryMemory::new(&desired).share(customer());
            assert_eq!(shared, customer());
            let address = |settings: &Option<Settings>| {
                let settings = settings.as_ref().unwrap();
                settings.keys().next().unwrap().as_ptr()
            };
            let of_files = &desired.customers["acme"].connectors["git"].replication_config;
            let addresses = ["git", "other"]
                .map(|name| address(&shared.connectors[name].applied.replication_config));
            assert_eq!(
                addresses.map(|own| own == address(of_files)),
                [is_shared, false]
            );
        }
    }
}
