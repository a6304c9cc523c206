//! Responsible for delivering signed events to a team's webhook, in the form of the Standard Webhooks specification:
//! `webhook-id`, `webhook-timestamp` and `webhook-signature`.

use crate::http::PostClient;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;
use std::fmt;
use std::time::Duration;
use tokio::time::sleep;
use zeroize::Zeroizing;

/// The prefix of secrets that are base64.
const PREFIX: &str = "whsec_";
/// The pauses before repetitions.
const PAUSES: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(4),
    Duration::from_secs(15),
];

/// A webhook with the key that signs its events.
pub(crate) struct Webhook {
    client: PostClient,
    key: Zeroizing<Vec<u8>>,
}

/// An event. Its id is the same each time it is sent.
#[derive(Clone, Debug)]
pub(crate) struct WebhookMessage {
    pub(crate) id: String,
    pub(crate) body: String,
}

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Webhook")
    }
}

impl Webhook {
    /// A webhook at an https address, or at one of this machine.
    pub(crate) fn new(address: &str, secret: &str) -> Result<Self, &'static str> {
        let key = match secret.strip_prefix(PREFIX) {
            Some(encoded) => STANDARD
                .decode(encoded)
                .map_err(|_| "has a secret that is not base64 after `whsec_`")?,
            None => secret.as_bytes().to_vec(),
        };
        Ok(Self {
            client: PostClient::new(address)?,
            key: Zeroizing::new(key),
        })
    }

    /// Sends an event until the receiver accepts it, up to four times.
    pub(crate) async fn deliver(&self, message: &WebhookMessage) -> Result<(), String> {
        let mut problem = String::new();
        for pause in [None].into_iter().chain(PAUSES.map(Some)) {
            if let Some(pause) = pause {
                sleep(pause).await;
            }
            match self.send(message, Timestamp::now().as_second()).await {
                Ok(()) => return Ok(()),
                Err(cause) => problem = cause,
            }
        }
        Err(problem)
    }

    async fn send(&self, message: &WebhookMessage, at: i64) -> Result<(), String> {
        let headers = [
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", signature(&self.key, message, at)?),
        ];
        match self.client.post(&headers, message.body.clone()).await {
            Ok(200..=299) => Ok(()),
            Ok(status) => Err(format!("it answered {status}")),
            Err(cause) => Err(cause),
        }
    }
}

fn signature(key: &[u8], message: &WebhookMessage, at: i64) -> Result<String, String> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).map_err(|error| error.to_string())?;
    let WebhookMessage { id, body } = message;
    mac.update(format!("{id}.{at}.{body}").as_bytes());
    Ok(format!(
        "v1,{}",
        STANDARD.encode(mac.finalize().into_bytes())
    ))
}

#[cfg(test)]
mod tests {
    use super::{WebhookMessage, signature};

    /// The example of the Standard Webhooks specification.
    #[test]
    fn signature_of_published_example_is_published_one() {
        use base64::Engine as _;
        let key = base64::engine::general_purpose::STANDARD
            .decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
            .unwrap();
        let message = WebhookMessage {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek".into(),
            body: "{\"test\": 2432232314}".into(),
        };
        assert_eq!(
            signature(&key, &message, 1_614_265_330).unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
