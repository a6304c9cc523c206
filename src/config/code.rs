//! Responsible for the codes of findings: identifier and severity.
//!
//! A code, once released, keeps its identifier and its meaning. `explanations/findings.md` holds the
//! text of `airlift explain CODE`.

use serde::{Serialize, Serializer};

/// Whether a finding stops a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The finding stops the run.
    Error,
    /// The finding does not stop the run.
    Warning,
}

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident)*) => {
        /// The code of a finding.
        #[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
        pub enum Code {
            $(#[doc = concat!("`", $id, "`")] $name,)*
        }

        impl Code {
            #[cfg(any(test, feature = "testing"))]
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable identifier.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Whether a finding of the code stops a run.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }
        }
    };
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

codes! {
    FileNotFound "file_not_found" Error
    FileUnreadable "file_unreadable" Error
    FileTooLarge "file_too_large" Error
    NotText "not_text" Error
    NoFiles "no_files" Error
    IncludeNoMatch "include_no_match" Error
    FileNotIncluded "file_not_included" Warning
    FileRepeated "file_repeated" Warning
    EmptyInclude "empty_include" Warning
    NoCustomers "no_customers" Warning
    UnusedPattern "unused_pattern" Warning
    IncludeOutside "include_outside" Error
    InvalidPattern "invalid_pattern" Error
    YamlSyntax "yaml_syntax" Error
    UnquotedReference "unquoted_reference" Error
    DuplicateKey "duplicate_key" Error
    MergeKey "merge_key" Error
    MultipleDocuments "multiple_documents" Error
    IgnoredDirective "ignored_directive" Warning
    YamlTag "yaml_tag" Error
    TooDeep "too_deep" Error
    TooManyNodes "too_many_nodes" Error
    BadAlias "bad_alias" Error
    ComplexKey "complex_key" Error
    InexactNumber "inexact_number" Error
    UnprintableCharacter "unprintable_character" Error
    UnknownField "unknown_field" Error
    MissingField "missing_field" Error
    ConsentWithSecrets "consent_with_secrets" Error
    NoOauthMethod "no_oauth_method" Error
    WrongType "wrong_type" Error
    InvalidValue "invalid_value" Error
    TooManyFindings "too_many_findings" Error
    MissingVersion "missing_version" Error
    UnsupportedVersion "unsupported_version" Error
    ProjectKeyElsewhere "project_key_elsewhere" Error
    InvalidName "invalid_name" Error
    ReservedName "reserved_name" Error
    DuplicateCustomer "duplicate_customer" Error
    DuplicateConnector "duplicate_connector" Error
    SimilarName "similar_name" Error
    DeceptiveName "deceptive_name" Warning
    UnexpandedVariable "unexpanded_variable" Warning
    TypographicQuotes "typographic_quotes" Warning
    CustomerPolicyViolation "customer_policy_violation" Error
    PreviousNameClash "previous_name_clash" Error
    UnknownType "unknown_type" Warning
    TypesNotLocked "types_not_locked" Warning
    UnknownAuth "unknown_auth" Error
    MissingCredentials "missing_credentials" Error
    UnknownCredential "unknown_credential" Error
    MixedAuth "mixed_auth" Error
    EmptyValue "empty_value" Error
    LiteralSecret "literal_secret" Error
    InvalidReference "invalid_reference" Error
    UnknownStore "unknown_store" Error
    UnboundSecret "unbound_secret" Warning
    StoreNotAllowed "store_not_allowed" Error
    ReferenceNotAllowed "reference_not_allowed" Error
    SecretFileOutside "secret_file_outside" Error
    SecretFileUnusable "secret_file_unusable" Error
    ProtectedVariable "protected_variable" Error
    VariableNotAllowed "variable_not_allowed" Error
    ProtectedFile "protected_file" Error
    ReservedKey "reserved_key" Error
    UnknownVariable "unknown_variable" Error
    MissingVariable "missing_variable" Warning
    UnknownSetting "unknown_setting" Error
    MissingSetting "missing_setting" Error
    MissingReplicationConfig "missing_replication_config" Warning
    InvalidFormat "invalid_format" Error
    SecretLookingLiteral "secret_looking_literal" Warning
    DuplicateEntity "duplicate_entity" Error
    InvalidTemplate "invalid_template" Error
    UnknownTemplate "unknown_template" Error
    InvalidTable "invalid_table" Error
    UnknownColumn "unknown_column" Error
    MissingCell "missing_cell" Error
    InvalidCell "invalid_cell" Error
    LiteralCoordinate "literal_coordinate" Error
    EnvironmentNotChosen "environment_not_chosen" Error
    UnknownEnvironment "unknown_environment" Error
    UndefinedVariable "undefined_variable" Error
    UnknownEntity "unknown_entity" Warning
    UnusedMode "unused_mode" Warning
}

impl Code {
    /// Whether a reviewer of a plan needs the finding: a file is not read, or read without effect, so that the project
    /// may lack customers, or a name is not what it looks like.
    pub(super) fn is_for_reviewers(self) -> bool {
        matches!(
            self,
            Self::FileNotIncluded
                | Self::FileRepeated
                | Self::EmptyInclude
                | Self::NoCustomers
                | Self::DeceptiveName
                | Self::UnexpandedVariable
                | Self::TypographicQuotes
        )
    }

    /// Whether airlift reads no values of a file with such a finding.
    pub(crate) fn stops_reading(self) -> bool {
        matches!(
            self,
            Self::FileUnreadable
                | Self::FileTooLarge
                | Self::NotText
                | Self::YamlSyntax
                | Self::UnquotedReference
                | Self::DuplicateKey
                | Self::MergeKey
                | Self::MultipleDocuments
                | Self::YamlTag
                | Self::TooDeep
                | Self::TooManyNodes
                | Self::BadAlias
                | Self::ComplexKey
                | Self::InexactNumber
                | Self::UnprintableCharacter
                | Self::UndefinedVariable
        )
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn code_identifiers_are_unique() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
    }
}
