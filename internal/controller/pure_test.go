package controller

import (
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
