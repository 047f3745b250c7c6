document.title = "tplink2mqtt";
