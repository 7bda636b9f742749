// A person on the interactive page of BASE_URL asks for their profile, logs in, gives the page the token, and asks again. Fails
// where an answer is another, where the browser complains, and where it is sent elsewhere.
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const { BASE_URL, BROWSER, USERNAME, PASSWORD } = process.env;
// What the browser would ask its makers for, it must not: the page is what is looked at.
const quiet = ["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const browser = await chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--disable-gpu", ...quiet] });
const page = await browser.newPage();

const complaints = [];
page.on("pageerror", (error) => complaints.push(error.message));
page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
page.on("request", (request) => {
  const url = request.url();
  if (!url.startsWith(`${BASE_URL}/`) && !url.startsWith("data:")) complaints.push(`asked for ${url}`);
});

// An operation, opened.
async function operation(tag, name) {
  const block = page.locator(`#operations-${tag}-${name}`);
  await block.locator(".opblock-summary-control").click();
  await block.locator("button.execute").waitFor();
  return block;
}

// Executes an operation; its status and its body.
async function execute(block) {
  await block.locator("button.execute").click();
  const answer = block.locator(".live-responses-table");
  const status = await answer.locator("tbody .response-col_status").first().innerText();
  const body = await answer.locator("tbody .highlight-code pre").first().innerText();
  return [status.trim(), JSON.parse(body)];
}

await page.goto(`${BASE_URL}/swagger/`);
await page.locator(".opblock").first().waitFor();
const contract = await (await fetch(`${BASE_URL}/openapi.json`)).json();
const verbs = ["get", "post", "put", "patch", "delete"];
const count = (paths) => Object.values(paths).flatMap(Object.keys).filter((verb) => verbs.includes(verb)).length;
assert.equal(await page.locator(".opblock").count(), count(contract.paths) + count(contract.webhooks));

const profile = await operation("Login", "auth_profile");
const [before, problem] = await execute(profile);
assert.deepEqual([before, problem.code], ["401", "not_authenticated"]);

const login = await operation("Login", "auth_login");
await login.locator("textarea.body-param__text").fill(JSON.stringify({ username: USERNAME, password: PASSWORD }));
const [status, session] = await execute(login);
assert.equal(status, "200");

await page.locator(".auth-wrapper .btn.authorize").first().click();
const scheme = page.locator(".auth-container", { hasText: "accessToken" });
await scheme.locator("input").fill(session.access_token);
await scheme.locator("button.authorize").click();
await scheme.locator("button", { hasText: "Logout" }).waitFor();
await page.locator(".close-modal").click();

const [after, person] = await execute(profile);
assert.deepEqual([after, person.username], ["200", USERNAME]);

// The call without a token is the one thing that a browser has to complain of.
assert.deepEqual(complaints.filter((complaint) => !complaint.includes("401")), []);
await browser.close();
