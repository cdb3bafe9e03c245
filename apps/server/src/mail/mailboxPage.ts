import type { ReceivedMail } from './mailbox.ts'

/** Returns the HTML page that lists the emails. */
export const mailboxPage = (mails: ReceivedMail[]) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <link rel="icon" href="data:," />
    <title>Mailbox</title>
    <style>${styles}</style>
  </head>
  <body>
    <main>
      <h1>Mailbox</h1>
      <p>In development, the server's emails arrive here. Reload the page to see new emails.</p>
      ${mails.length === 0 ? '<p>No emails yet.</p>' : mails.map(article).join('\n')}
    </main>
  </body>
</html>
`

const article = ({ to, subject, before, link, after, receivedAt }: ReceivedMail) => `<article>
  <h2>${escaped(subject)}</h2>
  <p class="to">To ${escaped(to)} at <time>${receivedAt.toISOString()}</time></p>
  <p class="text">${escaped(before)}</p>
  <p><a href="${escaped(link)}">${escaped(link)}</a></p>
  <p>${escaped(after)}</p>
</article>`

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '')

const styles = `
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
  main { max-width: 44rem; margin: 0 auto; padding: 1.5rem 1rem; }
  article { margin-block: 1.5rem; padding: 1rem 1.25rem; border: 1px solid light-dark(#d5dbd3, #37413c); border-radius: 12px; }
  h2 { margin: 0; font-size: 1.125rem; }
  .to { margin-block: 0.25rem 1rem; color: light-dark(#56605a, #a3aea8); font-size: 0.875rem; }
  .text { white-space: pre-line; }
  p:last-child { margin-block-end: 0; }
  a, .to { overflow-wrap: anywhere; }
`
