// Serves the files of the page's folder.
import { readdirSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
                ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const HEADERS = { "X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache" };

// They are few and small, so they are read once; a path that is none of theirs is not looked for anywhere.
export function pageHandler(folder) {
  const files = new Map();
  const collect = (prefix) => {
    for (const entry of readdirSync(join(folder, prefix), { withFileTypes: true })) {
      const path = prefix + entry.name;
      if (entry.isDirectory()) {
        collect(`${path}/`);
      } else if (TYPES[extname(path)]) {
        files.set(`/${path}`, { body: readFileSync(join(folder, path)), type: TYPES[extname(path)] });
      }
    }
  };
  collect("");
  files.set("/", files.get("/index.html"));

  return (request, response) => {
    const file = files.get(request.url.split("?", 1)[0]);
    if (request.method !== "GET" && request.method !== "HEAD") {
      response.writeHead(405, { ...HEADERS, Allow: "GET, HEAD" }).end();
    } else if (!file) {
      response.writeHead(404, { ...HEADERS, "Content-Type": "text/plain" }).end("Not found\n");
    } else {
      response.writeHead(200, { ...HEADERS, "Content-Type": file.type, "Content-Length": file.body.length }).end(file.body);
    }
  };
}
