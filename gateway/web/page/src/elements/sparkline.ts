// Power over the last hour, as far as this page has seen it.

import {LitElement, css, html, nothing, svg} from 'lit';
import {duration, number} from '../format.js';
import type {Sample} from '../store.js';
import {base} from '../styles.js';

const WIDTH = 300;
const HEIGHT = 56;

export class Sparkline extends LitElement {
    static override properties = {samples: {attribute: false}, unit: {}};
    declare samples: Sample[];
    declare unit: string;

    static override styles = [
        base,
        css`
            svg { width: 100%; height: 56px; }
            polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
        `,
    ];

    override render() {
        const samples = this.samples ?? [];
        const first = samples[0];
        const last = samples.at(-1);
        if (!first || !last || last.time - first.time < 10_000) return nothing;
        const highest = Math.max(...samples.map((sample) => sample.value));
        const top = highest || 1;
        const points = samples
            .map(({time, value}) => `${(((time - first.time) / (last.time - first.time)) * WIDTH).toFixed(1)},${(HEIGHT - 3 - (value / top) * (HEIGHT - 6)).toFixed(1)}`)
            .join(' ');
        const label = `Power of the last ${duration((last.time - first.time) / 1000)}, at most ${number(highest, this.unit)}`;
        return html`<svg viewBox="0 0 300 56" preserveAspectRatio="none" role="img" aria-label=${label}>${svg`<polyline points=${points}></polyline>`}</svg>
            <p class="small muted">${label}</p>`;
    }
}
customElements.define('tp-sparkline', Sparkline);
