//! Responsible for the connector types of the API: writes the lock file that the project pins, and lists the
//! organization's source templates.

use super::App;
use super::out_directory::OutDirectory;
use crate::catalog::{
    self, LockedSetting, LockedType, MAX_LOCKED_TYPES, TypesLock, locked_settings, normalized,
};
use crate::failure::Failure;
use crate::files::Access;
use crate::model::DefinitionId;
use crate::render::{OfferedType, OfferedTypes, RefreshedTypes};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The lock file of a project that names none.
const DEFAULT_FILE: &str = "airlift-types.json";

impl App<'_> {
    /// Writes the types of the API into the lock file of the project, with the settings of the types that the project
    /// declares.
    pub(crate) async fn refresh_types(&self) -> Result<RefreshedTypes, Failure> {
        let reader = self.connection.session.reader();
        let definitions = reader.definitions(None).await?;
        if definitions.len() > MAX_LOCKED_TYPES {
            let message = format!(
                "the API lists {} types, and a lock has at most {MAX_LOCKED_TYPES}",
                definitions.len()
            );
            return Err(Failure::error("remote_failed", message));
        }
        let declared = self.declared_types();
        let mut types = Vec::new();
        for definition in definitions {
            let is_declared = declared.ids.contains(&definition.id)
                || declared.names.contains(&normalized(&definition.name));
            types.push(LockedType {
                settings: if is_declared {
                    self.settings_of(definition.id).await?
                } else {
                    BTreeMap::new()
                },
                name: definition.name,
                definition_id: definition.id,
            });
        }
        let (lock, left_out) = TypesLock::new(types);
        let path = self.write_lock(&lock)?;
        let types = lock.types().iter();
        Ok(RefreshedTypes {
            is_pinned: self.project.types_lock.is_some(),
            file: path,
            types: lock.types().len(),
            left_out,
            with_settings: types
                .clone()
                .filter(|kind| !kind.settings.is_empty())
                .count(),
            outside_catalog: types
                .filter(|kind| catalog::find(&kind.definition_id.to_string()).is_none())
                .map(|kind| kind.name.clone())
                .collect(),
        })
    }

    fn declared_types(&self) -> DeclaredTypes {
        let mut declared = DeclaredTypes::default();
        for (_, connector) in self.project.desired.connectors() {
            declared.ids.extend(connector.kind.definition_id);
            declared.names.insert(normalized(&connector.kind.name));
        }
        declared
    }

    /// The settings of a type. Leaves out those whose name repeats a secret.
    async fn settings_of(
        &self,
        definition: DefinitionId,
    ) -> Result<BTreeMap<String, LockedSetting>, Failure> {
        let session = &self.connection.session;
        let specification = session.reader().specification(definition).await?;
        let mut settings = locked_settings(&specification.unwrap_or_default());
        settings.retain(|name, _| !session.redact(&mut name.clone()));
        Ok(settings)
    }

    fn write_lock(&self, lock: &TypesLock) -> Result<PathBuf, Failure> {
        let text = lock
            .to_json()
            .map_err(|error| Failure::internal(format!("the lock of types: {error}")))?;
        let path = match &self.project.types_lock {
            Some(path) => path.clone(),
            None => self.project.root.join(DEFAULT_FILE),
        };
        let name = Path::new(path.file_name().unwrap_or_default());
        let is_own = |start: &[u8]| {
            start.is_empty() || start.starts_with(b"{\n  \"format_version\": 1,\n  \"types\": [")
        };
        OutDirectory::containing(&path).replace(name, &text, Access::Shared, is_own)?;
        Ok(path)
    }

    /// The source templates of the organization, and the types of the vendor that it could copy.
    pub(crate) async fn offered_types(&self) -> Result<OfferedTypes, Failure> {
        let reader = self.connection.session.reader();
        let own = reader.source_templates().await?;
        let enabled: BTreeSet<DefinitionId> = own.iter().map(|it| it.definition_id).collect();
        let vendor = reader.vendor_templates().await?;
        let offered = vendor
            .into_iter()
            .filter(|template| !enabled.contains(&template.definition_id));
        let row = |template: crate::api::SourceTemplate| OfferedType {
            kind: kind_name(template.definition_id),
            name: template.name,
            id: template.is_own.then(|| template.id.to_string()),
        };
        let mut types: Vec<OfferedType> = own.into_iter().chain(offered).map(row).collect();
        types.sort_by(|left, right| {
            (left.id.is_none(), &left.kind, &left.id).cmp(&(
                right.id.is_none(),
                &right.kind,
                &right.id,
            ))
        });
        Ok(types.into())
    }
}

/// The types of the declared connectors.
#[derive(Default)]
struct DeclaredTypes {
    ids: BTreeSet<DefinitionId>,
    names: BTreeSet<String>,
}

fn kind_name(definition: DefinitionId) -> String {
    let definition = definition.to_string();
    catalog::find(&definition).map_or(definition, |kind| kind.name.clone())
}
