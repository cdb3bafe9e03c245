import type { FastifyInstance } from 'fastify'
import type { Mailbox } from './mailbox.ts'
import { mailboxPage } from './mailboxPage.ts'

interface MailboxRouteOptions {
  mailbox: Mailbox
  /** The origins whose host names the route accepts. */
  origins: string[]
}

/**
 * Serves the emails at /dev/mailbox. The links in the emails open users' accounts, so other sites must not
 * read this page. Another site's domain name could resolve to this machine, so the route accepts only the
 * server's own host names.
 */
export async function mailboxRoute(app: FastifyInstance, { mailbox, origins }: MailboxRouteOptions) {
  const hosts = new Set(origins.map((origin) => new URL(origin).hostname))
  app.get('/dev/mailbox', async (request, reply) => {
    if (!hosts.has(request.hostname)) return reply.callNotFound()
    return reply
      .type('text/html; charset=utf-8')
      .header('cache-control', 'no-store')
      .send(mailboxPage(mailbox.mails()))
  })
}
