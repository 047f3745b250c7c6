// Where the page begins.

import './elements/app.js';
