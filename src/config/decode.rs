//! Responsible for decoding a node of a tree or a JSON value, without a copy in between. Most customers of a large project are
//! decoded in this way.
//!
//! Decodes only what the schema accepts. Does not say what is wrong with other values: `schema_check` does.

use super::origin::Origin;
use super::yaml::{NodeRef, NodeValue};
use serde::de::value::{BorrowedStrDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, Deserializer, Error, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;
use std::fmt;

/// Decodes the value of an origin. `None` if the value does not have the type.
pub(super) fn decode_node<T: DeserializeOwned>(origin: Origin<'_>) -> Option<T> {
    match origin {
        Origin::Node(_, node) => T::deserialize(NodeDecoder(node)).ok(),
        Origin::Value(value) => T::deserialize(NodeDecoder(value.part())).ok(),
        Origin::File(_) => None,
    }
}

/// A value that can be decoded.
trait Decodable<'de>: Copy + 'de {
    fn value(self) -> NodeValue<'de>;
    fn items(self) -> impl Iterator<Item = Self> + 'de;
    fn entries(self) -> impl Iterator<Item = (&'de str, Self)> + 'de;
}

impl<'de> Decodable<'de> for NodeRef<'de> {
    fn value(self) -> NodeValue<'de> {
        NodeRef::value(self)
    }

    fn items(self) -> impl Iterator<Item = Self> + 'de {
        NodeRef::items(self)
    }

    fn entries(self) -> impl Iterator<Item = (&'de str, Self)> + 'de {
        NodeRef::entries(self)
    }
}

impl<'de> Decodable<'de> for &'de Value {
    fn value(self) -> NodeValue<'de> {
        match self {
            Value::Null => NodeValue::Null,
            Value::Bool(value) => NodeValue::Boolean(*value),
            Value::Number(number) => number
                .as_u64()
                .map(NodeValue::Unsigned)
                .or_else(|| number.as_i64().map(NodeValue::Signed))
                .or_else(|| number.as_f64().map(NodeValue::Float))
                .unwrap_or(NodeValue::Null),
            Value::String(text) => NodeValue::Text(text),
            Value::Array(_) => NodeValue::Sequence,
            Value::Object(_) => NodeValue::Mapping,
        }
    }

    fn items(self) -> impl Iterator<Item = Self> + 'de {
        self.as_array().into_iter().flatten()
    }

    fn entries(self) -> impl Iterator<Item = (&'de str, Self)> + 'de {
        let fields = self.as_object().into_iter().flatten();
        fields.map(|(name, value)| (name.as_str(), value))
    }
}

/// The value does not have the expected type.
#[derive(Debug)]
struct Undecodable;

impl fmt::Display for Undecodable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the value does not have the expected type")
    }
}

impl std::error::Error for Undecodable {}

impl Error for Undecodable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

struct NodeDecoder<N>(N);

impl<'de, N: Decodable<'de>> IntoDeserializer<'de, Undecodable> for NodeDecoder<N> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de, N: Decodable<'de>> NodeDecoder<N> {
    fn mapping<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undecodable> {
        let fields = self.0.entries();
        let fields = fields.map(|(name, node)| (Key(name), NodeDecoder(node)));
        visitor.visit_map(MapDeserializer::new(fields))
    }
}

/// A key of a mapping.
struct Key<'de>(&'de str);

impl<'de> IntoDeserializer<'de, Undecodable> for Key<'de> {
    type Deserializer = BorrowedStrDeserializer<'de, Undecodable>;

    fn into_deserializer(self) -> Self::Deserializer {
        BorrowedStrDeserializer::new(self.0)
    }
}

impl<'de, N: Decodable<'de>> Deserializer<'de> for NodeDecoder<N> {
    type Error = Undecodable;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undecodable> {
        match self.0.value() {
            NodeValue::Null => visitor.visit_unit(),
            NodeValue::Boolean(value) => visitor.visit_bool(value),
            NodeValue::Unsigned(value) => visitor.visit_u64(value),
            NodeValue::Signed(value) => visitor.visit_i64(value),
            NodeValue::Float(value) => visitor.visit_f64(value),
            NodeValue::Text(text) => visitor.visit_borrowed_str(text),
            NodeValue::Sequence => {
                let items = self.0.items();
                visitor.visit_seq(SeqDeserializer::new(items.map(NodeDecoder)))
            }
            NodeValue::Mapping => self.mapping(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Undecodable> {
        match self.0.value() {
            NodeValue::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    /// A list is no struct, although `serde` would read its items as the fields.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Undecodable> {
        match self.0.value() {
            NodeValue::Mapping => self.mapping(visitor),
            _ => Err(Undecodable),
        }
    }

    /// The keywords of the files are text.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Undecodable> {
        match self.0.value() {
            NodeValue::Text(text) => visitor.visit_enum(BorrowedStrDeserializer::new(text)),
            _ => Err(Undecodable),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::decode_node;
    use crate::config::document;
    use crate::config::findings::Findings;
    use crate::config::origin::Origin;
    use crate::config::raw::RawCustomer;
    use crate::config::source::Source;
    use crate::config::yaml::parse;

    /// Customers that the schema accepts, and customers with one wrong value.
    const CUSTOMERS: &[(&str, bool)] = &[
        ("{name: a}", true),
        (
            "{name: a, connectors: [], cache: true, protect: false}",
            true,
        ),
        (
            "{name: a, connectors: ~, cache: inherit, status: inactive}",
            true,
        ),
        ("{name: a, cache: ~, region: us}", true),
        (
            "{name: a, connectors: [{name: c, type: t, credentials: {a: [1, {b: x}]}}]}",
            true,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, replication_config: none}]}",
            true,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, replication_config: {a: 1.5}}]}",
            true,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, credentials_version: 0x10}]}",
            true,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, entities: [{entity: e, modes: [read]}]}]}",
            true,
        ),
        ("{name: 1}", false),
        ("{name: ~}", false),
        ("{}", false),
        ("[a]", false),
        ("a", false),
        ("{name: a, nam: b}", false),
        ("{name: a, cache: {inherit: ~}}", false),
        ("{name: a, cache: yes}", false),
        ("{name: a, cache: 1}", false),
        ("{name: a, status: {active: ~}}", false),
        ("{name: a, status: 1}", false),
        ("{name: a, protect: \"true\"}", false),
        ("{name: a, protect: confirm}", true),
        ("{name: a, protect: [confirm]}", false),
        ("{name: a, connectors: {}}", false),
        ("{name: a, connectors: [[c, t]]}", false),
        ("{name: a, connectors: [{name: c}]}", false),
        (
            "{name: a, connectors: [{name: c, type: t, replication_config: \"none\\n\"}]}",
            false,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, replication_config: [none]}]}",
            false,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, credentials: []}]}",
            false,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, credentials_version: 1.0}]}",
            false,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, credentials_version: -1}]}",
            false,
        ),
        (
            "{name: a, connectors: [{name: c, type: t, entities: [{entity: e, modes: [x]}]}]}",
            false,
        ),
    ];

    #[test]
    fn decode_node_accepts_what_the_schema_accepts() {
        for (text, is_valid) in CUSTOMERS {
            let mut source = Source::new("x.yaml".into(), (*text).to_owned());
            source.tree = parse(text, None).tree;
            let decoded = decode_node::<RawCustomer>(source.root());
            assert_eq!(decoded.is_some(), *is_valid, "{text}");
            let json = source.root().to_json();
            let from_json = decode_node::<RawCustomer>(Origin::from_value(&json));
            assert_eq!(format!("{from_json:?}"), format!("{decoded:?}"), "{text}");
            let mut findings = Findings::default();
            let checked = document::checked_customer(source.root(), &mut findings);
            assert_eq!(!findings.failed(), *is_valid, "{text}");
            if let (Some(decoded), Some(checked)) = (decoded, checked) {
                let decoded = RawCustomer {
                    connectors: None,
                    ..decoded
                };
                assert_eq!(format!("{decoded:?}"), format!("{:?}", checked.raw));
            }
        }
    }
}
