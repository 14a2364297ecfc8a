"use strict";

// Shows the API whose root this page is. The description comes from the page's own
// address, and so do the answers to what is tried out, whatever the API is mounted
// under. The query parameter "schema" names a schema other than the default one.
(() => {
  const mount = location.pathname.replace(/\/+$/, "");
  const schema = new URLSearchParams(location.search).get("schema");
  const scheme = "token"; // names the way to log in, where the description has none

  document.documentElement.classList.toggle("dark-mode", matchMedia("(prefers-color-scheme: dark)").matches);

  const explorer = SwaggerUIBundle({
    dom_id: "#explorer",
    spec: empty("Loading…"),
    deepLinking: true,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    validatorUrl: null, // which would be a request to another host
    requestInterceptor: prepare,
    plugins: [reloadOnLogin],
  });
  load();

  // prepare makes a bare token of a request a bearer's.
  function prepare(request) {
    const { headers } = request;
    if (headers.Authorization) headers.Authorization = credentials(headers.Authorization);
    return request;
  }

  function credentials(value) {
    return value.includes(" ") ? value : "Bearer " + value;
  }

  // reloadOnLogin has the description loaded again for another role, which may see
  // more, or less.
  function reloadOnLogin() {
    const reload = (next) => (payload) => {
      next(payload);
      load();
    };
    return { statePlugins: { auth: { wrapActions: { authorize: reload, logout: reload } } } };
  }

  async function load() {
    explorer.specActions.updateJsonSpec(filled(here(await describe())));
  }

  // describe fetches the description, or makes one that tells why there is none.
  async function describe() {
    const headers = {
      Accept: "application/vnd.oai.openapi+json;version=3.1, application/openapi+json;q=0.9, application/json;q=0.8",
    };
    if (schema) headers["Accept-Profile"] = schema;
    const login = explorer.authSelectors.authorized().first();
    if (login) headers.Authorization = credentials(login.get("value"));
    try {
      const response = await fetch(location.origin + location.pathname, { headers });
      const answer = await response.json();
      return response.ok ? answer : empty(`The API answers: ${answer.message} (${response.status})`);
    } catch (error) {
      return empty(`The API's description can't be read: ${error.message}`);
    }
  }

  function empty(description) {
    return { openapi: "3.1.0", info: { title: "API", version: "", description }, paths: {} };
  }

  // here puts the API where the page is, and offers to log in with a token.
  function here(description) {
    if (description.swagger) {
      Object.assign(description, {
        host: location.host, basePath: mount || "/", schemes: [location.protocol.slice(0, -1)],
      });
      description.securityDefinitions ??= { [scheme]: { type: "apiKey", in: "header", name: "Authorization" } };
    } else {
      description.servers = [{ url: location.origin + mount }];
      description.components ??= {};
      description.components.securitySchemes ??= { [scheme]: { type: "http", scheme: "bearer" } };
    }
    const schemes = description.securityDefinitions ?? description.components.securitySchemes;
    description.security ??= Object.keys(schemes).map((name) => ({ [name]: [] }));
    document.title = description.info.title;
    return description;
  }

  // filled has in the fields of parameters the one value that some may have, and the
  // examples of optional ones beside their fields: in them they would all be sent by
  // whoever doesn't clear them, and few rows match every example.
  function filled(description) {
    const parts = Object.values(description.paths).flatMap((path) => [path, ...Object.values(path)]);
    const parameters = parts.flatMap((part) => part.parameters ?? []);
    for (const parameter of [...parameters, ...Object.values(description.components?.parameters ?? {})]) {
      const only = parameter.schema?.const;
      if (parameter.required && only !== undefined) parameter.example = only;
      if (parameter.required || parameter.example === undefined) continue;
      parameter.description = `${parameter.description ?? ""}\n\nFor example \`${parameter.example}\``;
      delete parameter.example;
    }
    return description;
  }
})();
