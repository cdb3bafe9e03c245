import type { Brush } from '../paint.ts'
import { radial, repeat, stops, svg, vertical } from '../svg.ts'

const skins = 9

/** Draws tightly packed spheres of many sizes, lit from the upper left. */
export function paintOrbs({ random, hd, tone }: Brush): string {
  const dark = random.next() < 0.6
  const tilt = random.between(-40, 40)
  const orbs = pack(random, hd).map(({ x, y, r }) => {
    const skin = Math.floor(x + y + 40) % skins
    return svg`<circle cx="${x + r * 0.2}" cy="${y + r * 0.32}" r="${r * 1.25}" fill="url(#shadow)"/><circle cx="${x}" cy="${y}" r="${r}" fill="url(#s${skin})"/><circle cx="${x}" cy="${y}" r="${r}" fill="url(#light)"/>`
  })
  const skinOf = (i: number) => {
    const [base, other] = [tone(0.2 + (0.75 * i) / skins), tone((0.45 + (0.75 * i) / skins) % 1)]
    if (i % 3 > 0) return vertical(`s${i}`, stops([0, base], [1, i % 3 > 1 ? base : other]))
    const bands = stops([0, base], [0.3, base], [0.5, other], [0.8, other], [1, base])
    return svg`<linearGradient id="s${i}" x2="0" y2=".42" spreadMethod="reflect" gradientTransform="rotate(${tilt} .5 .5)">${bands}</linearGradient>`
  }
  return svg`<defs>${vertical('back', dark ? stops([0, tone(0.02)], [1, tone(0.28)]) : stops([0, tone(1)], [1, tone(0.82)]))}${repeat(skins, skinOf)}
${radial('shadow', stops([0.4, tone(0), dark ? 0.7 : 0.4], [1, tone(0), 0]))}
${radial('light', stops([0, '#fff', 0.75], [0.12, '#fff', 0.32], [0.5, tone(1), 0], [0.8, tone(0), 0.42], [1, tone(0), 0.78]), 'cx=".42" cy=".4" r=".62" fx=".3" fy=".26"')}</defs>
<rect width="512" height="512" fill="url(#back)"/>${orbs}`
}

/**
 * Tries random positions for spheres. The maximum size shrinks with each attempt, so large spheres come
 * first. In HD, small spheres then fill the gaps.
 */
function pack(random: Brush['random'], hd: boolean) {
  const orbs: { x: number; y: number; r: number }[] = []
  const largest = random.between(70, 125)
  for (let attempt = 0; attempt < (hd ? 14_000 : 4_000); attempt++) {
    const [x, y] = [random.between(-20, 532), random.between(-20, 532)]
    const [smallest, gap] = attempt < 4_000 ? [3, 3] : [1.5, 1.5]
    const limit = Math.max(smallest + 1, largest * (1 - attempt / 1_100))
    let r = limit
    for (const orb of orbs) {
      r = Math.min(r, Math.sqrt((orb.x - x) ** 2 + (orb.y - y) ** 2) - orb.r - gap)
      if (r < smallest) break
    }
    if (r > smallest && (attempt > 300 || r > limit / 2)) orbs.push({ x, y, r })
  }
  return orbs
}
