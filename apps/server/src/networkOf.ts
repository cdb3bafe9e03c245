import ipaddr from 'ipaddr.js'

/** One customer's IPv6 network usually has this prefix length. */
const ipv6PrefixLength = 64

/**
 * Returns the network whose members share a limit: an IPv4 address, or an IPv6 address's /64. Returns null if
 * `address` isn't an IP address. An IPv4-mapped address (`::ffff:192.0.2.1`) is the IPv4 address.
 */
export function networkOf(address: string): string | null {
  if (!ipaddr.isValid(address)) return null
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') return parsed.toString()
  const bytes = parsed.toByteArray().fill(0, ipv6PrefixLength / 8)
  return `${ipaddr.fromByteArray(bytes).toString()}/${ipv6PrefixLength}`
}
