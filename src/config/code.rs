//! Responsible for the codes of findings, and what each means.
//!
//! One table: identifier, severity, and the text of `airlift explain CODE`. A code, once
//! released, keeps its identifier and its meaning.

use serde::{Serialize, Serializer};

/// Whether a finding stops a run.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Ord, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It does.
    Error,
    /// It does not.
    Warning,
}

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident { $what:literal $why:literal $todo:literal })*) => {
        /// What kind of thing was found.
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

            /// Whether it stops a run.
            pub fn severity(self) -> Severity {
                match self { $(Self::$name => Severity::$severity,)* }
            }

            /// What it is, why it matters, and what to do, a line each.
            pub fn explanation(self) -> &'static str {
                match self { $(Self::$name => concat!($what, "\n", $why, "\n", $todo),)* }
            }
        }
    };
}

impl Code {
    /// The code of that identifier.
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
        "A file or directory that was asked for does not exist."
        "A run over fewer files than meant could look like a deletion of the rest."
        "Check the path given with `-f`, relative to the current directory."
    }
    FileUnreadable "file_unreadable" Error {
        "A file could not be opened or read, or is not a regular file."
        "Pipes, devices and directories can block forever or hold no configuration."
        "Check its permissions, and name a regular file."
    }
    FileTooLarge "file_too_large" Error {
        "A file holds more than 8 MiB."
        "The limit keeps a broken or hostile file from exhausting the machine."
        "Split it and name the parts in `include`."
    }
    NotText "not_text" Error {
        "A file is not UTF-8 text: it holds other bytes or a NUL."
        "Configuration is text; another encoding would change names silently."
        "Save it as UTF-8. Binary secrets belong into files of their own, named by a `${file:…}` reference."
    }
    NoFiles "no_files" Error {
        "A directory holds no `airlift.yaml` and no other `.yaml` file."
        "An empty project could look like a deletion of everything."
        "Name another directory, or start with `airlift init`."
    }
    IncludeNoMatch "include_no_match" Error {
        "An `include` pattern matches no file."
        "A mistyped pattern would silently leave customers out."
        "Correct the pattern, which is relative to the file that holds it, or remove it."
    }
    IncludeOutside "include_outside" Error {
        "An `include` leads out of the project's directory, by `..`, an absolute path or a link."
        "What is reviewed in the project must be all that is read."
        "Move the file into the project's directory, or name it with another `-f`."
    }
    InvalidPattern "invalid_pattern" Error {
        "An `include` pattern cannot be understood."
        "`*`, `?`, `[…]` and `**` between slashes have a meaning in patterns."
        "Correct it, as in `customers/*.yaml`."
    }
    YamlSyntax "yaml_syntax" Error {
        "The file is not valid YAML."
        "Nothing after such a place can be relied on, so the file is not read further."
        "Look at the indentation and the quotes at and just before the place."
    }
    UnquotedReference "unquoted_reference" Error {
        "A reference stands unquoted inside `{…}` or `[…]`."
        "YAML itself ends the mapping at the reference's brace."
        "Quote it: `{token: \"${env:NAME}\"}`."
    }
    DuplicateKey "duplicate_key" Error {
        "A key stands twice in one mapping."
        "Most YAML readers take the last one without a word, so one of the two values would be lost."
        "Remove or rename one of them."
    }
    MergeKey "merge_key" Error {
        "A merge key (`<<`) is used."
        "It is no part of YAML 1.2, and readers disagree about what it means."
        "Write the fields out; a whole value can be shared with an anchor and an alias."
    }
    MultipleDocuments "multiple_documents" Error {
        "A second YAML document begins in the same file."
        "It would otherwise be ignored."
        "Put it into a file of its own and include that."
    }
    YamlTag "yaml_tag" Error {
        "A YAML tag (`!…`) is used."
        "Tags change what a value is, in ways that differ between readers."
        "Remove the tag; quote a value that has to be text."
    }
    TooDeep "too_deep" Error {
        "The file nests more than 64 levels deep."
        "No configuration needs it, and hostile nesting can exhaust a reader."
        "Flatten it."
    }
    TooManyNodes "too_many_nodes" Error {
        "The file holds more than a million values once its aliases are expanded."
        "A few lines of aliases can expand to more than any machine holds."
        "Split the file, or write fewer aliases of aliases."
    }
    BadAlias "bad_alias" Error {
        "An alias refers to an anchor that is not there, or that is still open."
        "A value that holds itself has no end."
        "Define the anchor before the alias, on another value."
    }
    ComplexKey "complex_key" Error {
        "A key is a list, a mapping or an alias."
        "Keys are names here."
        "Write the key as plain text; quote a key that begins with `{`, `[`, `*` or `?`."
    }
    InexactNumber "inexact_number" Error {
        "A number cannot be sent exactly: too many digits, infinite, or not a number."
        "It would arrive as another number."
        "Quote it if it is an identifier."
    }
    UnprintableCharacter "unprintable_character" Error {
        "The file holds a control character, or a line separator that YAML readers disagree about."
        "It could hide what a reviewer should see."
        "Remove it, or write it as an escape inside double quotes."
    }
    UnknownField "unknown_field" Error {
        "A field is not part of the grammar."
        "A mistyped field would silently have no effect."
        "Correct the name. `airlift schema` prints all of them."
    }
    MissingField "missing_field" Error {
        "A field that has to be there is not."
        "The object cannot be told apart or created without it."
        "Add it."
    }
    WrongType "wrong_type" Error {
        "A value has another type than the field takes."
        "It would be refused remotely, or mean something else."
        "Write the type that the message names; quote digits that are meant as text."
    }
    InvalidValue "invalid_value" Error {
        "A value is not one of those the field takes."
        "It would be refused remotely."
        "Use one of the values that the message names."
    }
    TooManyFindings "too_many_findings" Error {
        "More was found than is listed."
        "A long list hides its causes, which are usually few."
        "Correct what is listed, then validate again."
    }
    MissingVersion "missing_version" Error {
        "The project file has no `version`."
        "The version says which grammar the files are written in."
        "Add `version: 1` at the top of the project file."
    }
    UnsupportedVersion "unsupported_version" Error {
        "The `version` is not one this program reads."
        "The files may mean something that it does not know."
        "Use `version: 1`, or a newer airlift."
    }
    ProjectKeyElsewhere "project_key_elsewhere" Error {
        "A key of the project stands in a second file."
        "Two files could disagree about the organization or the guards."
        "Keep `organization_id`, `contract`, `include`, `guards`, `stores`, `secret_policy` and `rotation` in one project file."
    }
    InvalidName "invalid_name" Error {
        "A name is empty, longer than 255 characters, or holds characters that cannot be seen."
        "Such names cannot be told apart in a review."
        "Choose a name of visible characters, without spaces around it."
    }
    ReservedName "reserved_name" Error {
        "A customer is called `default`."
        "Every organization has a workspace of that name, which belongs to no customer."
        "Choose another name."
    }
    DuplicateCustomer "duplicate_customer" Error {
        "Two customers have the same name."
        "The name is a customer's identity."
        "Rename or remove one of them."
    }
    DuplicateConnector "duplicate_connector" Error {
        "Two connectors of a customer have the same name."
        "The name is a connector's identity within its customer."
        "Rename or remove one of them."
    }
    SimilarName "similar_name" Error {
        "Two names differ only in upper and lower case."
        "They are one customer or connector, mistyped, far more often than two."
        "Write both the same way, or give one a name of its own."
    }
    PreviousNameClash "previous_name_clash" Error {
        "A `previous_name` is the object's own name, or another object's name or previous name."
        "Only one object can be the renamed one."
        "Remove `previous_name` once the renaming is applied, or correct it."
    }
    UnknownType "unknown_type" Warning {
        "A connector's type is not in the embedded catalog."
        "Its fields cannot be checked here; `plan` looks the type up live."
        "Check the spelling; `airlift types` lists what is known."
    }
    UnknownAuth "unknown_auth" Error {
        "`auth` names no authentication method of the type."
        "The credentials cannot be checked or sent without one."
        "Use one of the names in the message, or leave `auth` out."
    }
    MissingCredentials "missing_credentials" Error {
        "A connector has no credentials, or lacks a field of them."
        "It cannot be created without."
        "Add the field, with a reference such as `${env:NAME}` where it is secret."
    }
    UnknownCredential "unknown_credential" Error {
        "A field of `credentials` is not known for this type."
        "It would be refused remotely, or silently ignored."
        "Correct the name; `airlift types TYPE` lists the fields."
    }
    MixedAuth "mixed_auth" Error {
        "The credentials hold fields of two authentication methods."
        "It cannot be told which of them is meant."
        "Keep the fields of one method, and name it in `auth` if need be."
    }
    EmptyValue "empty_value" Error {
        "A value is empty."
        "An empty credential is never sent."
        "Write a reference or a value, or remove the field."
    }
    LiteralSecret "literal_secret" Error {
        "A value is written out where a secret belongs."
        "Whoever can read the repository could use it. If it was committed, treat it as leaked."
        "Write a reference such as `${env:NAME}`, or `{plain: …}` if the value really is harmless."
    }
    InvalidReference "invalid_reference" Error {
        "A text holds `${` but is not one whole reference."
        "It would be sent as it stands, in place of the secret."
        "Write the whole value as `${store:path}` or `${store:path#field}`."
    }
    UnknownStore "unknown_store" Error {
        "A reference names a store that this version does not know."
        "It could not be resolved when it is needed."
        "Use `env`, `file`, `vault` or `exec`, or a store of your own configuration, whose name has a hyphen."
    }
    StoreNotAllowed "store_not_allowed" Error {
        "A reference uses a store that the project does not list."
        "A change to a customer's file must not open a store that nobody decided to use."
        "Add the store to `stores` in the project file, as in `stores: [env, file, vault]`."
    }
    ReferenceNotAllowed "reference_not_allowed" Error {
        "A reference begins with none of the prefixes that `secret_policy` allows its file."
        "One customer's file could otherwise send another customer's secret to itself."
        "Use a reference of the customer's own, or let the policy in the project file allow it."
    }
    SecretFileOutside "secret_file_outside" Error {
        "A file reference leads out of the project's directory and of the allowed roots."
        "A change to the files must not be able to send any file of the machine."
        "Use a path below the project, or below a root in `AIRLIFT_SECRET_ROOTS`."
    }
    SecretFileUnusable "secret_file_unusable" Error {
        "A file reference names something that is not a regular file."
        "Reading a pipe or a device can block forever."
        "Name a regular file."
    }
    ReservedKey "reserved_key" Error {
        "A block holds the key `$secret`."
        "It stands for a reference in the ledger and in saved plans."
        "Rename the key."
    }
    UnknownVariable "unknown_variable" Error {
        "A variable of `environment` is not known for this type."
        "It would be refused remotely, or silently ignored."
        "Correct the name; `airlift types TYPE` lists the variables."
    }
    MissingVariable "missing_variable" Warning {
        "A variable of `environment` is left out, and its default is only a placeholder."
        "The connector would talk to a server that is not the customer's."
        "Add the variable, such as the customer's subdomain."
    }
    UnknownSetting "unknown_setting" Error {
        "A field of `replication_config` is not known for this type."
        "It would be refused remotely, or silently ignored."
        "Correct the name; `airlift types TYPE` lists the fields."
    }
    MissingSetting "missing_setting" Error {
        "`replication_config` lacks a field that it needs."
        "Replication cannot be set up without it."
        "Add the field."
    }
    MissingReplicationConfig "missing_replication_config" Warning {
        "The type needs settings for replication and the connector has none."
        "Direct execution works without; replication does not."
        "Add `replication_config` if the customer's data is to be replicated."
    }
    InvalidFormat "invalid_format" Error {
        "A text does not have the form that its field needs."
        "It would be refused remotely."
        "Write it in the form that the message names."
    }
    SecretLookingLiteral "secret_looking_literal" Warning {
        "A value is written out under a name that looks like a secret's."
        "Whoever can read the repository could use it."
        "Write a reference such as `${env:NAME}` if it is a secret."
    }
    DuplicateEntity "duplicate_entity" Error {
        "An entity is listed twice for one connector."
        "It cannot be told which of the two holds."
        "Keep one of them, with all its modes."
    }
}

#[cfg(test)]
mod tests {
    use super::Code;
    use std::collections::BTreeSet;

    #[test]
    fn identifiers_are_unique_and_found() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        for code in Code::ALL {
            assert_eq!(Code::find(code.as_str()), Some(*code));
            assert_eq!(code.explanation().lines().count(), 3);
        }
    }
}
