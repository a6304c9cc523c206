//! Responsible for the HTTP code that the clients of the API and of Vault share: set-up without
//! redirects and without proxies of the environment, reading bodies up to a limit, and the causes of
//! failures. Does not know either service.

mod body;
mod client;
mod error;
mod post;

pub(crate) use body::read_body;
pub(crate) use client::{
    SetupError, build, builder, has_user, install_crypto_provider, is_loopback, is_private,
    secret_header,
};
pub(crate) use error::{NO_DESCRIPTOR, TransportError};
pub(crate) use post::PostClient;
