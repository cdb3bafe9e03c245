import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** The number of proxies in front of the server, or the networks that contain them. */
export type TrustProxy = number | string[]

const maxProxies = 10
const example = 'for example 1, or 127.0.0.1,10.0.0.0/8'

/** Parses `TRUST_PROXY`: a number of proxies, or a comma-separated list of IP addresses and networks. */
export const trustProxySetting = z.string().transform((value, context): TrustProxy => {
  if (/^\s*\d+\s*$/.test(value)) {
    if (Number(value) <= maxProxies) return Number(value)
    context.addIssue(`must be at most ${maxProxies} if it is a number of proxies`)
    return z.NEVER
  }
  const networks = value.split(',').map((network) => network.trim())
  const wrong = networks.find((network) => !isNetwork(network))
  if (wrong === undefined) return networks
  context.addIssue(
    `must be a number of proxies or a list of IP addresses and networks (${example}), not "${wrong}"`,
  )
  return z.NEVER
})

/**
 * Returns whether a text is an IP address or a network. Rejects `/0`: a server that trusts every address
 * would let each client choose its own address.
 */
function isNetwork(text: string): boolean {
  const [address = ''] = text.split('/')
  if (!ipaddr.IPv6.isValid(address) && !ipaddr.IPv4.isValidFourPartDecimal(address)) return false
  return !text.includes('/') || (ipaddr.isValidCIDR(text) && ipaddr.parseCIDR(text)[1] > 0)
}

/**
 * Converts the setting to Fastify's format: a list of networks, or a function that returns whether an address
 * belongs to a trusted proxy. Hop 0 is the connection's own address. The next hops are the entries of
 * `X-Forwarded-For`, from right to left. The client's address is the first address that isn't trusted.
 * Fastify rejects a plain number of hops, because a client that bypasses the proxies could then choose its
 * own address.
 */
export const fastifyTrustProxy = (setting: TrustProxy) =>
  typeof setting === 'number' ? (_address: string, hop: number) => hop < setting : setting
