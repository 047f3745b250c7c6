// Line icons, drawn on a 24 x 24 grid.

import {svg} from 'lit';
import type {TemplateResult} from 'lit';

const line = (path: string): TemplateResult<2> =>
    svg`<svg viewBox="0 0 24 24" width="24" height="24" fill="none" stroke="currentColor" stroke-width="1.8"
        stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d=${path}></path></svg>`;

export const icons = {
    home: line('M4 11 12 4l8 7v8a1 1 0 0 1-1 1h-4v-6H9v6H5a1 1 0 0 1-1-1z'),
    add: line('M12 5v14M5 12h14'),
    system: line('M4 7h9m5 0h2M4 17h2m5 0h9M15.5 4.5v5M8.5 14.5v5'),
    camera: line('M4 8a2 2 0 0 1 2-2h7a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2zM15 11l5-3v8l-5-3'),
    plug: line('M9 3v5M15 3v5M6.5 8h11v3a5.5 5.5 0 0 1-11 0zM12 16.5V21'),
    back: line('M15 5l-7 7 7 7'),
    next: line('M9 5l7 7-7 7'),
    up: line('M5 15l7-7 7 7'),
    down: line('M5 9l7 7 7-7'),
    left: line('M15 5l-7 7 7 7'),
    right: line('M9 5l7 7-7 7'),
    plus: line('M12 6v12M6 12h12'),
    minus: line('M6 12h12'),
    sound: line('M4 9.5v5h3.5L12 19V5L7.5 9.5zM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11'),
    muted: line('M4 9.5v5h3.5L12 19V5L7.5 9.5zM16 9.5l5 5M21 9.5l-5 5'),
    full: line('M5 9V5h4M15 5h4v4M19 15v4h-4M9 19H5v-4'),
    save: line('M12 4v11M7 10.5l5 5 5-5M5 20h14'),
    close: line('M6 6l12 12M18 6L6 18'),
    copy: line('M9 9h10v11H9zM5 15V4h10'),
    done: line('M5 12.5l4.5 4.5L19 7.5'),
    talk: line('M12 4a2.500 2.500 0 0 1 2.500 2.500v5a2.500 2.500 0 0 1-5 0v-5A2.500 2.500 0 0 1 12 4zM6 11.500a6 6 0 0 0 12 0M12 17.500V21'),
    play: line('M8 5.5v13l10.5-6.5z'),
    alert: line('M12 4 2.8 19.5h18.4zM12 10v4.5M12 17.2v.1'),
    eyeOff: line('M4 4l16 16M9.9 5.9A9.6 9.6 0 0 1 12 5.7c5 0 8.3 4.2 9.3 6.3a14 14 0 0 1-2.6 3.5M6.2 7.7A13.600 13.600 0 0 0 2.700 12c1 2.100 4.300 6.300 9.300 6.300 1.500 0 2.800-.4 4-.9'),
    battery: line('M4 8h14v8H4zM20.500 11v2'),
};
