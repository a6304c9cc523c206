//! Tests of `sandbox serve`: the sandbox as a separate process.

use crate::support::{Output, TestEnv};
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(env: &TestEnv) -> Self {
        let arguments = ["sandbox", "serve", "--port", "0", "--state", "world.json"];
        let mut command = env.command(&arguments);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            let line = line.unwrap();
            line.trim()
                .strip_prefix("AIRBYTE_API_HOST=")
                .map(str::to_owned)
        });
        Self {
            child,
            address: address.unwrap(),
        }
    }

    fn run(&self, env: &TestEnv, arguments: &[&str]) -> Output {
        let mut command = env.command(arguments);
        command.env("AIRBYTE_API_HOST", &self.address);
        Output::run(&mut command, Duration::from_secs(30))
    }

    fn stop(&mut self) {
        let kill = std::process::Command::new("kill")
            .arg(self.child.id().to_string())
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sandbox_restarted_with_state_keeps_its_world() {
    let env = TestEnv::new();
    let mut server = Server::start(&env);
    let apply = server.run(&env, &["apply", "--auto-approve"]);
    apply.exits(0);
    apply.ends_with("Apply complete! Resources: 5 added, 0 changed, 0 destroyed.");
    server.stop();
    let server = Server::start(&env);
    let plan = server.run(&env, &["plan", "--detailed-exitcode"]);
    plan.exits(0);
    assert!(plan.stdout.starts_with("No changes."), "{plan}");
    let mut env = env;
    env.set("AIRBYTE_CLIENT_SECRET", "another-secret");
    server.run(&env, &["plan"]).exits(3);
}
