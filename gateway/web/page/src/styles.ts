// Styles that several elements share.

import {css} from 'lit';

export const base = css`
    :host { display: block; }
    :host([hidden]), [hidden] { display: none !important; }
    *, *::before, *::after { box-sizing: border-box; }
    h1, h2, h3, p, dl, dd, ul, ol { margin: 0; padding: 0; }
    h1 { font-size: 1.5rem; font-weight: 650; letter-spacing: -0.01em; }
    h2 { font-size: 1.05rem; font-weight: 650; }
    ul, ol { list-style: none; }
    a { color: var(--accent); }
    button, input, select { font: inherit; color: inherit; }
    :focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 8px; }
    .muted { color: var(--muted); }
    .small { font-size: 0.875rem; }
    .bad { color: var(--bad); }
    .card { background: var(--card); border-radius: var(--radius); box-shadow: var(--shadow); border: 1px solid var(--line); }
    .row { display: flex; align-items: center; gap: 8px; }
    .grow { flex: 1 1 auto; min-width: 0; }
    .cut { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
    .hidden-text { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
    svg { display: block; flex: none; }
    @media (prefers-reduced-motion: reduce) {
        *, *::before, *::after { animation: none !important; transition: none !important; }
    }
`;

export const buttons = css`
    .button {
        display: inline-flex; align-items: center; justify-content: center; gap: 8px;
        min-height: var(--touch); padding: 0 16px; border-radius: 10px; border: 1px solid var(--line);
        background: var(--card); color: var(--accent); font-weight: 600; cursor: pointer; text-decoration: none; white-space: nowrap;
    }
    .button:hover { background: var(--accent-soft); }
    .button.strong { background: var(--accent); color: var(--on-accent); border-color: transparent; }
    .button.strong:hover { filter: brightness(1.08); }
    .button[disabled] { color: var(--muted); background: var(--sunken); cursor: default; filter: none; }
    .icon-button {
        display: inline-grid; place-items: center; width: var(--touch); height: var(--touch); padding: 0; flex: none;
        border: 0; border-radius: 50%; background: transparent; color: inherit; cursor: pointer;
    }
    .icon-button:hover { background: var(--accent-soft); }
`;

export const fields = css`
    .field { display: grid; gap: 4px; }
    .field > span { font-size: 0.875rem; color: var(--muted); }
    input:not([type='range']):not([type='checkbox']), select {
        min-height: var(--touch); width: 100%; padding: 0 12px; border-radius: 10px; border: 1px solid var(--track);
        background: var(--card); color: var(--text);
    }
    input[type='range'] { width: 100%; height: var(--touch); margin: 0; accent-color: var(--accent); cursor: pointer; }
`;
