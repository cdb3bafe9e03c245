import ipaddr from 'ipaddr.js'

/** Providers usually assign an IPv6 network with this prefix length to each customer. */
const ipv6PrefixLength = 64

/**
 * Returns the network whose members share a limit: an IPv4 network with `ipv4PrefixLength` (by default, one
 * address) or an IPv6 /64. Returns null if `text` isn't an IP address. An IPv4-mapped address
 * (`::ffff:192.0.2.1`) counts as the IPv4 address. Ignores a port, which some proxies append. A prefix length
 * must be a multiple of 8.
 */
export function networkOf(text: string, { ipv4PrefixLength = 32 } = {}): string | null {
  const address =
    /^(\d+(?:\.\d+){3})(?::\d+)?$|^\[(.+)\](?::\d+)?$/.exec(text)?.slice(1).find(Boolean) ?? text
  if (!ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  const prefixLength = parsed.kind() === 'ipv4' ? ipv4PrefixLength : ipv6PrefixLength
  const bytes = parsed.toByteArray()
  const first = ipaddr.fromByteArray(bytes.fill(0, prefixLength / 8)).toString()
  return prefixLength === 32 ? first : `${first}/${prefixLength}`
}
