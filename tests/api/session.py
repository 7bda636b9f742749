"""Starts a server on a folder of its own, asks it as a customer, as a partner and as staff, and checks its books."""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

HERE = Path(__file__).parent
SEED = "20261130"
PATIENCE = 60

# Who asks what: by the tags of the contract. Staff come last, because they may lock the others out.
ROLES = {
    "stranger": ["Login", "Operation", "Activation partners"],
    "customer": ["Offers", "Orders", "Account"],
    "partner": ["Partners"],
    "staff": ["Staff"],
}


class Server:
    """The `offers` binary, with nothing of the developer's settings."""

    def __init__(self, program: str, folder: Path):
        self.program, self.folder = program, folder
        self.log = folder / "log"
        arguments = ["--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0"]
        with (folder / "banner").open("w") as banner, self.log.open("w") as log:
            self.process = subprocess.Popen(self.command(*arguments, "serve"), stdout=banner, stderr=log, env=self.settings())
        self.address = self.wait_for(r"API +(http://[^/]+)/")

    def command(self, *arguments: str) -> list[str]:
        return [self.program, "--data-dir", str(self.folder / "data"), *arguments]

    def settings(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "OFFERS_LIMITS_ENABLED": "false", "OFFERS_IDENTITY_REGISTRATION": "true"}

    def wait_for(self, pattern: str) -> str:
        for _ in range(PATIENCE * 10):
            text = (self.folder / "banner").read_text()
            if "ready" in text:
                return re.search(pattern, text)[1]
            if self.process.poll() is not None:
                break
            time.sleep(0.1)
        sys.exit(f"the server did not start:\n{self.log.read_text()}")

    def run(self, *arguments: str, text: str = "") -> str:
        done = subprocess.run(self.command(*arguments), input=text, capture_output=True, text=True, env=self.settings())
        if done.returncode != 0:
            sys.exit(f"offers {arguments[0]}: {done.stdout}{done.stderr}")
        return done.stdout

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)


def asked(response: requests.Response) -> dict:
    response.raise_for_status()
    return response.json()


def token(server: Server, username: str, password: str) -> str:
    body = {"username": username, "password": password}
    return asked(requests.post(f"{server.address}/api/v1/auth/login/", json=body))["access_token"]


def credentials(server: Server) -> dict[str, dict[str, str]]:
    """What each role is given to say who it is."""
    password = "a-long-enough-password"
    server.run("create-superuser", "--username", "root", "--email", "root@example.com", "--password-stdin", text=password)
    staff = token(server, "root", password)
    api = requests.Session()
    api.headers["Authorization"] = f"Bearer {staff}"
    partners = f"{server.address}/api/v1/admin/partners/"
    partner = asked(api.post(partners, json={"name": "Corner Shops", "reason": "test"}))["id"]
    money = {"amount": "1000.00", "reason": "test"}
    asked(api.post(f"{partners}{partner}/credits/", json=money, headers={"Idempotency-Key": "the-first-credit"}))
    scopes = ["activate", "read", "webhooks"]
    key = asked(api.post(f"{partners}{partner}/keys/", json={"scopes": scopes, "reason": "test"}))["key"]
    listen(server, key)
    customer = token(server, "user1", "password123")
    stranger = token(server, "user2", "password123")
    return {
        "stranger": {"ACCESS_TOKEN": stranger},
        "customer": {"ACCESS_TOKEN": customer},
        "partner": {"PARTNER_KEY": key},
        "staff": {"ACCESS_TOKEN": staff},
    }


def listen(server: Server, key: str):
    """Gives the partner a webhook and something that was sent to it."""
    partner = requests.Session()
    partner.headers["Authorization"] = f"Bearer {key}"
    webhooks = f"{server.address}/api/v1/partner/webhooks/"
    # Nobody is there: what is to be asked about is the delivery, not how it ends.
    webhook = asked(partner.post(webhooks, json={"url": "https://till.example/hooks"}))["id"]
    asked(partner.post(f"{webhooks}{webhook}/test/", json={}))
    if not asked(partner.get(f"{webhooks}{webhook}/deliveries/"))["data"]:
        sys.exit("nothing is on its way to the partner's webhook")


def main(program: str, schemathesis: str) -> int:
    failed = []
    with tempfile.TemporaryDirectory(prefix="offers-api-") as folder:
        server = Server(program, Path(folder))
        try:
            for role, known in credentials(server).items():
                print(f"\n== {role}", flush=True)
                tags = [argument for tag in ROLES[role] for argument in ("--include-tag", tag)]
                settings = {"ACCESS_TOKEN": "none", "PARTNER_KEY": "none", **known}
                command = [str(Path(schemathesis).absolute()), "--config-file", str(HERE / "schemathesis.toml"), "run", *tags]
                command += ["--seed", SEED, f"{server.address}/openapi.json"]
                if subprocess.run(command, env={**os.environ, **settings}, cwd=folder).returncode != 0:
                    failed.append(role)
        finally:
            server.stop()
        print(server.run("verify"))
        # The framework calls a head that it cannot read an error; it is the client's.
        ours = [line for line in server.log.read_text().splitlines() if "actix_http::h1::dispatcher" not in line]
        errors = [line for line in ours if re.search(r"\bERROR\b|panicked", line)]
        print("\n".join(errors[:20]))
    print("failed: " + ", ".join(failed) if failed else "the server keeps its contract")
    return 1 if failed or errors else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
