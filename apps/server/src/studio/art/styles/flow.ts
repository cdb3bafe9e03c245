import type { Brush } from '../paint.ts'
import { repeat, stops, svg, vertical } from '../svg.ts'

/** Draws brush strokes that follow a flow field. */
export function paintFlow({ random, grain, hd, tone, noise }: Brush): string {
  const [count, width, steps] = hd ? [1600, 2.8, 14] : [750, 4.4, 13]
  const [heading, scale] = [random.between(-0.6, 0.6), random.between(170, 280)]
  const strokes = repeat(count, (i) => {
    const start = [grain.between(-60, 540), grain.between(-20, 532)] as const
    let [x, y] = start
    const t = 0.5 + 0.42 * noise(x / 300 + 9, y / 300) + grain.between(-0.26, 0.26)
    const path = repeat(steps, () => {
      const angle = heading + 1.5 * noise(x / scale, y / scale)
      const [right, down] = [Math.cos(angle) * 8, Math.sin(angle) * 8]
      x += right
      y += down
      return `${Math.round(right * 10) / 10} ${Math.round(down * 10) / 10} `
    })
    const thick = width * (0.35 + 1.3 * grain.next() ** 2) * (1.35 - (0.7 * i) / count)
    return svg`<path d="M${start[0]} ${start[1]}l${path}" stroke="${tone(t)}" stroke-width="${thick}" opacity="${grain.between(0.55, 0.95)}"/>`
  })
  return svg`<defs>${vertical('ground', stops([0, tone(0.12)], [1, tone(0.3)]))}</defs><rect width="512" height="512" fill="url(#ground)"/>
<g fill="none" stroke-linecap="round" stroke-linejoin="round">${strokes}</g>`
}
