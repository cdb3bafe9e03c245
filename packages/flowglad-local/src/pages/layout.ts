import type { FastifyReply } from 'fastify'
import { type Html, html } from './html.ts'

// Don't add `form-action`: it would block the redirect to the application after a payment.
const contentSecurityPolicy =
  "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'"

/** Sends a complete page. The page works without JavaScript; `script` enhances it. */
export function sendPage(
  reply: FastifyReply,
  {
    title,
    body,
    layout,
    script,
    status = 200,
  }: { title: string; body: Html; layout: 'narrow' | 'wide'; script?: string; status?: number },
) {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/assets/style.css">
${script && html`<script type="module" src="${script}"></script>`}
</head>
<body class="${layout}">
${body}
</body>
</html>`
  return reply
    .code(status)
    .header('content-security-policy', contentSecurityPolicy)
    .header('cache-control', 'no-store')
    .type('text/html; charset=utf-8')
    .send(page.text)
}

/** Shows whether the page updates live. The dashboard's script sets the text. */
export const liveBadge = html`<span class="badge plain" data-live-state role="status">Reload to update</span>`

/** Returns the bar at the top of every page. It says that the server is in test mode. */
export const testModeBar = (right: Html | false = false) => html`<header class="bar">
  <a class="brand" href="/">flowglad-local</a>
  <span class="badge">Test mode · no real money moves</span>
  ${right}
</header>`
