// What the Node client asks of a server, put with Node's own fetch: a content type that
// equals `application/json`, the fields it will not do without, posts whose body is `{}`.
//
//     node node.mjs BASE_URL

const base = process.argv[2];
const faults = [];
let checked = 0;

function demand(what, holds) {
  if (!holds) faults.push(what);
}

async function call(method, path, body, status = 200) {
  checked += 1;
  const headers = { "api-key": "any value will do" };
  if (body !== undefined) headers["content-type"] = "application/json";
  const answer = await fetch(base + path, {
    method,
    headers,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const said = `${method} ${path}`;
  demand(`${said}: status ${answer.status}`, answer.status === status);
  const type = answer.headers.get("content-type");
  demand(`${said}: content type ${type}`, type === "application/json");
  return answer.json();
}

function demandJob(job, said) {
  const required = ["id", "object", "status", "endpoint", "created_at", "expires_at", "organization_id"];
  for (const field of required) demand(`${said}: no ${field}`, job[field] != null);
  demand(`${said}: object ${job.object}`, job.object === "job");
  demand(`${said}: whole seconds`, Number.isInteger(job.created_at) && Number.isInteger(job.expires_at));
}

const url = "data:text/plain;base64," + Buffer.from("from Node").toString("base64");
// This client sends every default, and loses the name of a file.
const request = {
  document: { filename: "file.txt", url },
  model: "retab-small",
  table_parsing_format: "html",
  image_resolution_dpi: 192,
};
const create = (extra = {}) => call("POST", "/v1/jobs", { endpoint: "/v1/documents/parse", request, ...extra });

const created = await create({ metadata: {} });
demandJob(created, "create");

let job = created;
const deadline = Date.now() + 30_000;
while (!["completed", "failed", "cancelled", "expired"].includes(job.status) && Date.now() < deadline) {
  await new Promise((resolve) => setTimeout(resolve, 20));
  job = await call("GET", `/v1/jobs/${created.id}?include_request=false&include_response=false`);
  checked -= 1;
}
demandJob(job, "retrieve");
demand(`completed: ${job.status}`, job.status === "completed");

const full = await call("GET", `/v1/jobs/${created.id}?include_request=true&include_response=true`);
demand("the text", full.response?.body?.text === "from Node");
demand("the request", full.request?.document?.url === url);

const list = await call("GET", "/v1/jobs?limit=20&order=desc&document_type=txt,pdf");
demand("list: object", list.object === "list");
demand("list: has_more", typeof list.has_more === "boolean");
demand("list: one job", list.data.length === 1);
list.data.forEach((one) => demandJob(one, "list"));
const others = await call("GET", "/v1/jobs?document_type=csv,docx");
demand("list: joined types leave others out", others.data.length === 0);

// A post without a payload carries `{}`.
const early = await call("POST", `/v1/jobs/${created.id}/cancel`, {}, 400);
demand("a refusal has a detail with code and message", early.detail?.code && early.detail?.message);
await call("POST", `/v1/jobs/${created.id}/retry`, {}, 400);
await call("POST", "/v1/jobs/job_unknown/cancel", {}, 404);
await call("GET", "/v1/jobs/job_unknown", undefined, 404);
await call("POST", "/v1/jobs", { endpoint: "/v1/documents/parse", request: {} }, 422);

const parsed = await call("POST", "/v1/documents/parse", request);
demand("direct parse: pages", Array.isArray(parsed.pages) && parsed.text === "from Node");
demand("direct parse: usage", typeof parsed.usage?.credits === "number");
demand("direct parse: document", parsed.document?.id && parsed.document?.mime_type === "text/plain");

const models = await call("GET", "/v1/models?supports_finetuning=false");
demand("models", models.data?.every((model) => model.object === "model"));
await call("GET", "/v1/nothing", undefined, 404);

console.log(JSON.stringify({ faults, checked }));
