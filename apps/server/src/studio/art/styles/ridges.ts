import type { Brush } from '../paint.ts'
import { radial, repeat, stops, svg, vertical } from '../svg.ts'

/** Draws layers of hazy mountains below a low sun. */
export function paintRidges({ random, grain, hd, tone, noise }: Brush): string {
  const [x, y, radius] = [random.between(110, 400), random.between(120, 210), random.between(26, 48)]
  const [layers, step, octaves] = [7, hd ? 1.5 : 4, hd ? 7 : 4]
  const wild = random.between(0.7, 1.3)

  const ridge = (layer: number) => {
    const near = layer / (layers - 1)
    const height = (at: number) => {
      let sum = 0
      for (let octave = 0; octave < octaves; octave++) {
        const fold = 1 - Math.abs(noise((at / 210) * 2 ** octave + layer * 40, layer * 9 + octave * 5))
        sum += (near < 0.8 ? fold ** 2 : fold) * 0.5 ** octave
      }
      return 225 + 250 * near ** 1.15 - sum * (48 + 34 * near) * wild
    }
    let path = 'M-4 516'
    for (let at = -4; at <= 520; at += step) {
      const trees = near > 0.8 ? (hd ? 26 : 20) * grain.next() ** 2 * (0.4 + Math.abs(noise(at / 30, 3))) : 0
      path += svg`L${at} ${height(at) + 20 - trees}`
    }
    return svg`${vertical(`r${layer}`, stops([0, tone(0.66 - 0.66 * near)], [near < 0.8 ? 0.75 : 1, tone(0.8 - 0.72 * near)]))}<path fill="url(#r${layer})" d="${path}L516 516Z"/>`
  }

  return svg`<defs>${vertical('sky', stops([0, tone(0.3)], [0.25, tone(0.55)], [0.5, tone(0.88)], [0.7, tone(1)]))}
${radial('glow', stops([0, tone(1), 0.95], [0.25, tone(0.95), 0.5], [1, tone(0.9), 0]))}</defs>
<rect width="512" height="512" fill="url(#sky)"/><circle cx="${x}" cy="${y}" r="${radius * 5}" fill="url(#glow)"/>
<circle cx="${x}" cy="${y}" r="${radius}" fill="${tone(1)}"/>${repeat(layers, ridge)}`
}
