//! Responsible for the codes of findings: identifier, severity, and the text of
//! `airlift explain CODE`.
//!
//! A released code keeps its identifier and its meaning.

use serde::{Serialize, Serializer};

/// Whether a finding stops a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The finding stops a run.
    Error,
    /// The finding does not stop a run.
    Warning,
}

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident { $what:literal $why:literal $todo:literal })*) => {
        /// The kind of a finding.
        #[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Hash)]
        pub enum Code {
            $(#[doc = $what] $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stable identifier.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }

            /// Whether a finding of this kind stops a run.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// Three lines: the meaning, the reason, and the next step.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($what, "\n", $why, "\n", $todo),)* }
            }
        }
    };
}

impl Code {
    /// The code with an identifier.
    pub fn find(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == id)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

codes! {
    FileNotFound "file_not_found" Error {
        "A file or directory given with `-f` does not exist."
        "A run over fewer files than intended would treat the customers in the missing files as removed."
        "Check the path given with `-f`, relative to the current directory."
    }
    FileUnreadable "file_unreadable" Error {
        "A file could not be opened or read, or is not a regular file."
        "Reading a pipe or a device can block forever."
        "Check its permissions, and name a regular file."
    }
    FileTooLarge "file_too_large" Error {
        "A file is larger than 8 MiB."
        "The limit prevents a broken or hostile file from exhausting the machine's memory."
        "Split the file and name the parts in `include`."
    }
    NotText "not_text" Error {
        "A file is not UTF-8 text: it contains invalid bytes or a NUL."
        "Another encoding would change names silently."
        "Save the file as UTF-8. Put binary secrets into separate files and name them with `${file:…}` references."
    }
    NoFiles "no_files" Error {
        "A directory contains no `airlift.yaml` and no other `.yaml` file."
        "An empty project would treat every customer as removed."
        "Name another directory, or start with `airlift init`."
    }
    IncludeNoMatch "include_no_match" Error {
        "An `include` pattern matches no file."
        "A mistyped pattern would silently leave customers out."
        "Correct or remove the pattern. It is relative to the file that contains it."
    }
    IncludeOutside "include_outside" Error {
        "An `include` leads outside the project's directory: by `..`, an absolute path or a link."
        "A review of the project must cover every file that a run reads."
        "Move the file into the project's directory, or name it with another `-f`."
    }
    InvalidPattern "invalid_pattern" Error {
        "A file pattern is invalid."
        "`*`, `?`, `[…]` and `**` between slashes are special in patterns."
        "Correct the pattern, as in `customers/*.yaml`."
    }
    YamlSyntax "yaml_syntax" Error {
        "The file is not valid YAML."
        "The rest of the file cannot be parsed."
        "Check the indentation and the quotes at the location and in the line before it."
    }
    UnquotedReference "unquoted_reference" Error {
        "A reference is unquoted inside `{…}` or `[…]`."
        "YAML ends the mapping at the reference's brace."
        "Quote the reference: `{token: \"${env:NAME}\"}`."
    }
    DuplicateKey "duplicate_key" Error {
        "A key appears twice in one mapping."
        "Most YAML readers silently use the last value, so the other value would be lost."
        "Remove or rename one of the keys."
    }
    MergeKey "merge_key" Error {
        "A merge key (`<<`) is used."
        "Merge keys are not part of YAML 1.2, and readers disagree about their meaning."
        "Repeat the fields. A whole value can be shared with an anchor and an alias."
    }
    MultipleDocuments "multiple_documents" Error {
        "The file contains a second YAML document."
        "Many readers ignore all documents but the first."
        "Move the document into a separate file and include that file."
    }
    YamlTag "yaml_tag" Error {
        "A YAML tag (`!…`) is used."
        "Tags change a value's type, and readers disagree about how."
        "Remove the tag. Quote a value that has to be text."
    }
    TooDeep "too_deep" Error {
        "The file nests more than 64 levels deep."
        "No configuration needs such nesting, and it can exhaust a reader's memory."
        "Reduce the nesting."
    }
    TooManyNodes "too_many_nodes" Error {
        "The file contains more than a million values, aliases expanded."
        "A few lines of nested aliases can expand to more values than fit in memory."
        "Split the file, or use fewer aliases of aliases."
    }
    BadAlias "bad_alias" Error {
        "An alias refers to an undefined anchor, or to a value that contains the alias."
        "A value that contains itself has no end."
        "Define the anchor before the alias, on another value."
    }
    ComplexKey "complex_key" Error {
        "A key is a list, a mapping or an alias."
        "Every key is a field name or a setting's name, and those are text."
        "Write the key as plain text. Quote a key that starts with `{`, `[`, `*` or `?`."
    }
    InexactNumber "inexact_number" Error {
        "A number cannot be represented exactly: it has too many digits, or is infinite or not a number."
        "The API would receive a different number."
        "Quote the number if it is an identifier."
    }
    UnprintableCharacter "unprintable_character" Error {
        "The file contains a control character, or a line separator that YAML readers treat differently."
        "The character could hide text from a reviewer."
        "Remove the character, or write it as an escape inside double quotes."
    }
    UnknownField "unknown_field" Error {
        "A field is not part of the grammar."
        "A mistyped field would silently have no effect."
        "Correct the name. `airlift schema` prints all fields."
    }
    MissingField "missing_field" Error {
        "A required field is missing."
        "The object cannot be identified or created without the field."
        "Add the field that the message names."
    }
    WrongType "wrong_type" Error {
        "A value has the wrong type."
        "The API would refuse the value or misinterpret it."
        "Write a value of the type that the message names. Quote digits that are text."
    }
    InvalidValue "invalid_value" Error {
        "A value is not permitted for the field."
        "The API would refuse the value."
        "Use one of the values that the message names."
    }
    TooManyFindings "too_many_findings" Error {
        "The report lists only the first 1,000 findings."
        "A long list usually has few causes."
        "Correct the listed findings, then validate again."
    }
    MissingVersion "missing_version" Error {
        "The project file has no `version`."
        "The version names the grammar of the files."
        "Add `version: 1` at the top of the project file."
    }
    UnsupportedVersion "unsupported_version" Error {
        "This version of airlift does not support the `version` of the files."
        "A newer grammar may have fields with another meaning."
        "Use `version: 1`, or a newer airlift."
    }
    ProjectKeyElsewhere "project_key_elsewhere" Error {
        "A project key is in a second file."
        "Two files could disagree about the organization or the guards."
        "Keep `organization_id`, `contract`, `include`, `guards`, `stores`, `secret_policy` and `rotation` in one project file."
    }
    InvalidName "invalid_name" Error {
        "A name is empty, longer than 255 characters, contains invisible characters, or starts or ends with a space."
        "A reviewer cannot distinguish such names."
        "Choose a name of visible characters, without spaces around it."
    }
    ReservedName "reserved_name" Error {
        "A customer is named `default`."
        "Every organization has a workspace of that name, which belongs to no customer."
        "Choose another name."
    }
    DuplicateCustomer "duplicate_customer" Error {
        "Two customers have the same name."
        "The name identifies a customer."
        "Rename or remove one of the customers."
    }
    DuplicateConnector "duplicate_connector" Error {
        "Two connectors of a customer have the same name."
        "The name identifies a connector within its customer."
        "Rename or remove one of the connectors."
    }
    SimilarName "similar_name" Error {
        "Two names differ only in upper and lower case."
        "Usually both names mean the same customer or connector, and one of them is mistyped."
        "Use the same spelling for both, or choose clearly different names."
    }
    PreviousNameClash "previous_name_clash" Error {
        "A `previous_name` is also the object's current name, or another object's name or previous name."
        "Only one object can have been renamed from a name."
        "Remove `previous_name` after the renaming is applied, or correct it."
    }
    UnknownType "unknown_type" Warning {
        "A connector's type is not in the embedded catalog."
        "`validate` cannot check the fields of the connector; `plan` looks up the type remotely."
        "Check the spelling. `airlift types` lists the types in the catalog."
    }
    UnknownAuth "unknown_auth" Error {
        "`auth` names no authentication method of the type."
        "The credentials cannot be checked or sent without an authentication method."
        "Use one of the names in the message, or remove `auth`."
    }
    MissingCredentials "missing_credentials" Error {
        "A connector has no credentials, or a required field of them is missing."
        "The connector cannot be created without its credentials."
        "Add the field. Use a reference such as `${env:NAME}` for a secret."
    }
    UnknownCredential "unknown_credential" Error {
        "The connector type has no such field in `credentials`."
        "The API would refuse the field or silently ignore it."
        "Correct the name. `airlift types TYPE` lists the fields."
    }
    MixedAuth "mixed_auth" Error {
        "The credentials have fields of two authentication methods."
        "The intended method is ambiguous."
        "Keep the fields of one method. Name the method in `auth` if necessary."
    }
    EmptyValue "empty_value" Error {
        "A value is empty."
        "airlift never sends an empty value."
        "Write a reference or a value, or remove the field."
    }
    LiteralSecret "literal_secret" Error {
        "A secret field contains a literal instead of a reference."
        "Everybody who can read the repository could use the secret. If it was committed, treat it as leaked and rotate it."
        "Write a reference such as `${env:NAME}`, or `{plain: …}` if the value is not secret."
    }
    InvalidReference "invalid_reference" Error {
        "A text contains `${` but is not one whole reference."
        "The text itself would be sent in place of the secret."
        "Write the whole value as `${store:path}` or `${store:path#field}`."
    }
    UnknownStore "unknown_store" Error {
        "A reference names an unknown store."
        "The reference could not be resolved."
        "Use `env`, `file`, `vault` or `exec`, or a store of your own configuration, whose name contains a hyphen."
    }
    StoreNotAllowed "store_not_allowed" Error {
        "A reference uses a store that the project file does not list."
        "The author of a customer's file must not be able to choose further stores."
        "Add the store to `stores` in the project file, as in `stores: [env, file, vault]`."
    }
    ReferenceNotAllowed "reference_not_allowed" Error {
        "The reference starts with none of the prefixes that `secret_policy` allows for its file."
        "Otherwise the author of one customer's file could obtain another customer's secret."
        "Use one of the customer's own references, or allow the prefix in the project file's `secret_policy`."
    }
    SecretFileOutside "secret_file_outside" Error {
        "A `${file:…}` reference leads outside the project's directory and the allowed roots."
        "Otherwise the author of a file could send any file of the machine to the API."
        "Use a path below the project, or below a root in `AIRLIFT_SECRET_ROOTS`."
    }
    SecretFileUnusable "secret_file_unusable" Error {
        "A `${file:…}` reference names something other than a regular file."
        "Reading a pipe or a device can block forever."
        "Name a regular file."
    }
    ReservedKey "reserved_key" Error {
        "A block contains the key `$secret`."
        "This key represents a reference in the ledger and in saved plans."
        "Rename the key."
    }
    UnknownVariable "unknown_variable" Error {
        "The connector type has no such variable in `environment`."
        "The API would refuse the variable or silently ignore it."
        "Correct the name. `airlift types TYPE` lists the variables."
    }
    MissingVariable "missing_variable" Warning {
        "A variable of `environment` is missing, and its default is only a placeholder."
        "The connector would use a server that is not the customer's."
        "Add the variable, such as the customer's subdomain."
    }
    UnknownSetting "unknown_setting" Error {
        "The connector type has no such field in `replication_config`."
        "The API would refuse the field or silently ignore it."
        "Correct the name. `airlift types TYPE` lists the fields."
    }
    MissingSetting "missing_setting" Error {
        "A required field of `replication_config` is missing."
        "Replication cannot be set up without the field."
        "Add the field that the message names."
    }
    MissingReplicationConfig "missing_replication_config" Warning {
        "The connector has no `replication_config`, and its type requires one for replication."
        "Direct execution works without `replication_config`; replication does not."
        "Add `replication_config` if the customer's data has to be replicated."
    }
    InvalidFormat "invalid_format" Error {
        "A text does not have the format of its field."
        "The API would refuse the value."
        "Write the value in the format that the message names."
    }
    SecretLookingLiteral "secret_looking_literal" Warning {
        "A literal is in a field whose name looks like a secret's name."
        "If the value is secret, everybody who can read the repository could use it."
        "Write a reference such as `${env:NAME}` if it is a secret."
    }
    DuplicateEntity "duplicate_entity" Error {
        "An entity is listed twice for one connector."
        "The two entries may contradict each other."
        "Keep one entry with all its modes."
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn code_identifiers_are_unique_and_found() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::find(code.as_str()), Some(*code));
            assert_eq!(code.explanation().lines().count(), 3);
        }
    }
}
